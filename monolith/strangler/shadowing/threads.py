"""A few threads that work while there is something to do, and go away when there is not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, close_old_connections, connections

from monolith.strangler.shadowing.sides import bound_statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.shadowing.backlog import Backlog
    from monolith.strangler.shadowing.work import Work

logger = structlog.get_logger(__name__)

THREADS = 4
# A thread without work gives its database connection back after so long.
IDLE_SECONDS = 5.0


class Threads:
    """Starts threads when they are needed. They are daemons: nobody waits for them at the end."""

    def __init__(
        self,
        backlog: Backlog,
        work: Work,
        *,
        clock: Callable[[], float],
        most: int = THREADS,
    ) -> None:
        self._backlog, self._work, self._clock, self._most = backlog, work, clock, most
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._is_stopping = False

    def wake(self) -> None:
        """Start a thread if all are at work and there may be more of them."""
        with self._backlog.changed:
            if self._idle or len(self._threads) >= self._most or self._is_stopping:
                return
            thread = threading.Thread(target=self._run, name="shadow", daemon=True)
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:
            self._threads.discard(thread)
            raise

    def stop(self, seconds: float) -> bool:
        """End all threads; return whether they ended in time. `wake` may be called again after."""
        with self._backlog.changed:
            threads = list(self._threads)
            self._is_stopping = True
            self._backlog.changed.notify_all()
        deadline = self._clock() + seconds
        for thread in threads:
            thread.join(max(deadline - self._clock(), 0))
        self._is_stopping = False
        return not any(thread.is_alive() for thread in threads)

    def _run(self) -> None:
        try:
            while self._is_kept():
                _prepare_connection()
                self._work.do_one()
        finally:
            connections.close_all()
            with self._backlog.changed:
                self._threads.discard(threading.current_thread())
                self._backlog.changed.notify_all()

    def _is_kept(self) -> bool:
        """Wait until there is work; False when this thread should end."""
        with self._backlog.changed:
            until = self._clock() + IDLE_SECONDS
            while not self._is_stopping and self._backlog.next_at > self._clock():
                if self._clock() >= until and not self._is_waited_for():
                    # Gone at once for whoever wakes, under their lock.
                    self._threads.discard(threading.current_thread())
                    return False
                self._wait(until)
            return not self._is_stopping

    def _is_waited_for(self) -> bool:
        """Tell whether this is the last thread, and something will be due."""
        return len(self._threads) == 1 and self._backlog.next_at < float("inf")

    def _wait(self, until: float) -> None:
        now, due = self._clock(), self._backlog.next_at
        self._idle += 1
        try:
            self._backlog.changed.wait((min(due, until) if until > now else due) - now)
        finally:
            self._idle -= 1


def _prepare_connection() -> None:
    try:
        close_old_connections()
        bound_statements()
    except DatabaseError as error:
        # What needs the database fails on its own and is counted.
        logger.warning("shadowing has no database", error=type(error).__name__)
