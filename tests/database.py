"""The PostgreSQL that the tests use: one of their own, unless DATABASE_URL names another."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.local import postgres
from infra.local.ports import free_port
from infra.local.waiting import wait_until


def provide_database() -> None:
    """Point DATABASE_URL at a new server that goes away with this process."""
    if "DATABASE_URL" in os.environ:
        return
    data = Path(tempfile.mkdtemp(prefix="banyan-tests-"))
    port = free_port()
    server = start_server(data, port, "--fast")
    atexit.register(_stop, server, data)
    wait_until(lambda: answers(server, port), "the tests' PostgreSQL")
    os.environ["DATABASE_URL"] = postgres.url(port, "postgres")


def start_server(data: Path, port: int, *flags: str) -> subprocess.Popen[bytes]:
    """Start a server on a data directory, which is made if there is none; it logs beside it."""
    command = [sys.executable, "-m", "infra.local.postgres", *flags]
    with (data.parent / f"{data.name}.log").open("a") as log:
        return subprocess.Popen([*command, f"--data={data}", f"--port={port}"], stderr=log)


def answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Return whether a server can be connected to.

    Raises:
        RuntimeError: it has ended.
    """
    import psycopg

    if server.poll() is not None:
        message = f"the tests' PostgreSQL ended with {server.returncode}"
        raise RuntimeError(message)
    try:
        psycopg.connect(postgres.url(port, "postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _stop(server: subprocess.Popen[bytes], data: Path) -> None:
    server.send_signal(signal.SIGINT)
    server.wait()
    shutil.rmtree(data, ignore_errors=True)
    (data.parent / f"{data.name}.log").unlink(missing_ok=True)
