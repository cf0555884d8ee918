"""Databases with nothing in them but an outbox, and a server that may be crashed."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from django.conf import settings
from psycopg import sql

from infra.local import postgres
from infra.local.ports import free_port
from infra.local.waiting import wait_until
from tests.database import answers, start_server
from tests.monolith.outbox.faults import zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Address = dict[str, Any]
"""NAME, HOST, PORT, USER and PASSWORD, as Django has them."""


@contextmanager
def new_database(log: Path, template: str | None = None) -> Iterator[Address]:
    """Make a database on the server of the tests while the block lasts: empty, or a copy."""
    name = f"faults_{uuid4().hex}"
    source = sql.Identifier(template or "template1")
    _administer(sql.SQL("create database {} template {}").format(sql.Identifier(name), source))
    try:
        address = {**_server_of_the_tests(), "NAME": name}
        if template is None:
            migrate(address, log)
        yield address
    finally:
        _administer(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def migrate(address: Address, log: Path) -> None:
    """Make the outbox's tables."""
    process = zygote.start(_migrate, database=address, log=log)
    process.join()
    assert process.exitcode == 0, log.read_text()


def conninfo(address: Address) -> str:
    """Return what psycopg connects by."""
    return psycopg.conninfo.make_conninfo(
        dbname=address["NAME"],
        host=address["HOST"],
        port=address["PORT"],
        user=address["USER"],
        password=address["PASSWORD"] or None,
    )


class CrashableServer:
    """A durable PostgreSQL of a test's own: what it confirms survives a crash."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._port = free_port()
        self._start()

    @property
    def address(self) -> Address:
        """Its one database."""
        return {
            "NAME": "postgres",
            "HOST": "127.0.0.1",
            "PORT": self._port,
            "USER": postgres.USER,
            "PASSWORD": "",
        }

    def crash(self) -> None:
        """Stop without finishing anything (an immediate shutdown), and start again."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()
        self._start()

    def stop(self) -> None:
        """Stop for good."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait()

    def _start(self) -> None:
        self._server = start_server(self._data, self._port)
        wait_until(lambda: answers(self._server, self._port), "a PostgreSQL to crash")


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", "outbox", verbosity=0)


def _server_of_the_tests() -> Address:
    given = settings.DATABASES["default"]
    return {key: given[key] for key in ("HOST", "PORT", "USER", "PASSWORD")}


def _administer(statement: sql.Composed) -> None:
    address = {**_server_of_the_tests(), "NAME": "postgres"}
    with psycopg.connect(conninfo(address), autocommit=True) as connection:
        connection.execute(statement)
