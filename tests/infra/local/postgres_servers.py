"""Starts PostgreSQL as `make up` does, on data of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from infra.local import postgres
from infra.local.ports import free_port
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
AS_MODULE = ("-m", "infra.local.postgres")


class Server:
    """A server process, by the arguments that Python is given to become it."""

    def __init__(self, data: Path, python: tuple[str, ...] = AS_MODULE, *options: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, *python, f"--data={data}", f"--port={self.port}", *options],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def answers(self) -> bool:
        """Tell whether it takes connections; fail with its own words if it has ended."""
        if self.process.poll() is not None:
            assert self.process.stderr
            raise AssertionError(f"PostgreSQL ended: {self.process.stderr.read()}")
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(postgres.url(self.port, "postgres"), autocommit=True)

    def kill_all(self) -> None:
        """Kill what was started, and the children that are in its group, without warning."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        assert self.process.stderr
        self.process.stderr.close()


@contextmanager
def starting(data: Path, *options: str, python: tuple[str, ...] = AS_MODULE) -> Iterator[Server]:
    """Start a server, and stop it in the end."""
    server = Server(data, python, *options)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running(data: Path, *options: str, python: tuple[str, ...] = AS_MODULE) -> Iterator[Server]:
    """Start a server and wait until it answers."""
    with starting(data, *options, python=python) as server:
        wait_until(server.answers, "PostgreSQL answers")
        yield server


def is_open_to_everybody(path: Path) -> bool:
    """Tell whether any account may reach a file."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)
