"""The PostgreSQL of one run: durable like the shop's, in a folder that goes away with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from benchmarks.figures import ROOT
from benchmarks.outbox.children import complete
from infra.local import postgres, readiness
from infra.local.ports import free_port
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LAYOUT = "banyan_layout"


@dataclass(frozen=True)
class Server:
    """One server. `folder` is for files of the run, `log` is what the server writes."""

    url: str
    folder: Path
    log: Path

    @contextmanager
    def database(self, *, template: str = _LAYOUT) -> Iterator[str]:
        """Make a database with the shop's tables, give its address, and drop it at the end."""
        name = f"bench_{uuid4().hex}"
        self.execute("create database {} template {}", name, template)
        try:
            yield urlsplit(self.url)._replace(path=f"/{name}").geturl()
        finally:
            self.execute("drop database {} with (force)", name)

    def execute(self, statement: str, *names: str) -> None:
        """Run a statement beside all databases, with names in place of the braces."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @contextmanager
    def layout(self) -> Iterator[None]:
        """Hold the shop's tables ready to be copied while the block lasts."""
        self.execute("create database {} template template0", _LAYOUT)
        try:
            url = urlsplit(self.url)._replace(path=f"/{_LAYOUT}").geturl()
            complete("manage", "migrate", "--verbosity=0", url=url)
            yield
        finally:
            self.execute("drop database {} with (force)", _LAYOUT)


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """Run a server of its own, fsync and all, until the block ends."""
    port, log = free_port(), folder / "postgres.log"
    command = [sys.executable, "-m", "infra.local.postgres", f"--data={folder / 'postgres'}"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, f"--port={port}"],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        url = postgres.url(port, "postgres")
        wait_until(lambda: _answers(process, url, log), "the benchmark's PostgreSQL")
        server = Server(url, folder, log)
        with server.layout():
            yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _answers(process: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"PostgreSQL ended with {process.returncode}:\n{log.read_text()}")
    return readiness.postgres_answers(url)
