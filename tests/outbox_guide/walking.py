"""Walking a guide: a project in a folder and a database of its own, and its steps taken there."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
_KEPT = ("HOME", "LANG", "TMPDIR", "DATABASE_URL")


def surroundings(folder, addresses, **more):
    """Return the environment of a project's commands: nothing of the shop's."""
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        **addresses,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BANYAN": str(ROOT),
        **more,
    }


@contextmanager
def database(name):
    """Give a project a database of its own; yields where it is, as libpq's variables say it."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
        yield {
            "PGHOST": connection.info.host,
            "PGPORT": str(connection.info.port),
            "PGUSER": connection.info.user,
            "PGDATABASE": name,
        }
        connection.execute(f"drop database {name} with (force)")


def take(step, folder, around):
    """Do what a step of a guide says."""
    if step.file is None:
        run(["sh", "-euc", step.text], folder, around)
        return
    path = folder / step.file
    path.write_text((path.read_text() if step.adds else "") + step.text)


def run(command, folder, around):
    """Run a command in a project; return what it printed. It has to end well."""
    ended = subprocess.run(
        command, cwd=folder, env=around, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{command}:\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout
