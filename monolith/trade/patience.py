"""One replay at a time, and one that outlives a restart of the database."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

Answer = TypeVar("Answer")

# Any number, as long as nobody else locks it.
_LOCK = 20_101_201
_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.5
# A killed process holds its lock until the server notices.
_LOCK_WAIT_SECONDS = 3.0

logger = structlog.get_logger(__name__)


class ReplayAlreadyRunning(Exception):
    """Another process replays trade in this database."""

    def __init__(self) -> None:
        super().__init__("trade is being replayed by another process already")


@contextmanager
def hold_replay_lock() -> Iterator[None]:
    """Keep other replays away until the end.

    Raises:
        ReplayAlreadyRunning: one is running.
    """
    _lock()
    try:
        yield
    finally:
        _unlock()


class Patience:
    """Repeats what fails because the database is away; what it repeats must bear repetition."""

    def __init__(self, stopping: Event) -> None:
        self._stopping = stopping

    def insist(self, action: Callable[[], Answer]) -> Answer:
        """Return what the action returns, trying again for two minutes, or until told to stop."""
        gives_up_at = monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return action()
            except (OperationalError, InterfaceError) as error:
                if monotonic() > gives_up_at or self._stopping.is_set():
                    raise
                logger.warning("replay_waits_for_database", error=str(error).strip())
                self._stopping.wait(_PAUSE_SECONDS)
                self._reconnect()

    def _reconnect(self) -> None:
        if connection.in_atomic_block:
            return
        connection.close()
        try:
            _lock()
        except (OperationalError, InterfaceError) as error:
            logger.debug("database_still_away", error=str(error).strip())


def _lock() -> None:
    gives_up_at = monotonic() + _LOCK_WAIT_SECONDS
    while not _is_locked():
        if monotonic() > gives_up_at:
            raise ReplayAlreadyRunning
        sleep(_PAUSE_SECONDS)


def _is_locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _unlock() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    except (OperationalError, InterfaceError):
        connection.close()
