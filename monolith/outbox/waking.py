"""Telling the relays that something was committed, off the business transaction.

NOTIFY inside a writing transaction serialises all commits of the database (docs/decisions/0001), so
a background thread with its own connection sends it after the commit, at most once per interval. A
lost wake-up costs time, never an event: relays look by themselves too.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import psycopg
import structlog
from django.conf import settings

from monolith.outbox.connecting import connect

CHANNEL = "outbox"
LEASES_CHANGED = "leases"
"""The payload by which relays tell each other that shards are wanted or free."""
_INTERVAL_SECONDS = 0.02
_DEFAULT_IDLE_SECONDS = 3.0

log = structlog.get_logger(__name__)


def tell_relays(session: Any) -> None:
    """Tell every relay, from this session's commit on, that shards are wanted, free or fenced.

    Not for business transactions: see above. `session` is a connection or a cursor.
    """
    session.execute("select pg_notify(%s, %s)", (CHANNEL, LEASES_CHANGED))


class Waker:
    """One thread that turns any number of nudges into few NOTIFYs; started by the first nudge."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._nudged = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def nudge(self) -> None:
        """Ask for a wake-up soon. Never blocks, never fails."""
        self._nudged.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def close(self) -> None:
        """Stop the thread and close its connection; a later nudge starts anew."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._closing.set()
            self._nudged.set()
            thread.join()
            self._closing.clear()
            self._nudged.clear()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="outbox-waker", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._nudged.wait()
            if self._closing.is_set():
                return
            try:
                self._serve()
            except psycopg.Error as error:
                log.warning("outbox_wake_up_failed", error=str(error))
                self._closing.wait(_INTERVAL_SECONDS)

    def _serve(self) -> None:
        # Not kept open for ever: a quiet process should not occupy a connection.
        idle_seconds = float(getattr(settings, "OUTBOX_WAKER_IDLE_SECONDS", _DEFAULT_IDLE_SECONDS))
        # A NOTIFY is a commit; nobody waits for this one to reach the disk.
        with connect("outbox waker", synchronous_commit="off") as connection:
            while self._nudged.wait(idle_seconds) and not self._closing.is_set():
                self._nudged.clear()
                connection.execute(f"notify {CHANNEL}")
                self._closing.wait(_INTERVAL_SECONDS)


_waker = Waker()
nudge = _waker.nudge
close = _waker.close


def _start_anew() -> None:
    # Threads do not survive a fork, locks and connections must not be shared across one.
    _waker.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_start_anew)
