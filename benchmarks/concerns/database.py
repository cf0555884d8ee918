"""What PostgreSQL does meanwhile, by its own counters and by looking at who waits."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOK_SECONDS = 0.1
_COUNTERS = """
select active_time, blks_hit + blks_read, tup_returned, xact_commit
from pg_stat_database where datname = current_database()
"""
_ACTIVITY = """
select count(*) filter (where state = 'active'),
       count(*) filter (where state = 'active' and wait_event_type = 'Lock')
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_FLUSH = "select pg_stat_clear_snapshot()"


@dataclass(slots=True)
class DatabaseLoad:
    """What happened between two moments; `busy` and `lock_waits` in seconds per second."""

    busy: float = 0.0
    buffers_per_second: float = 0.0
    rows_per_second: float = 0.0
    commits_per_second: float = 0.0
    lock_waits: float = 0.0
    most_active: int = 0
    mean_active: float = 0.0
    _looks: list[tuple[int, int]] = field(default_factory=list)


@contextmanager
def watching(url: str) -> Iterator[DatabaseLoad]:
    """Watch a database while the block lasts; the load is told when it is over."""
    load, over = DatabaseLoad(), threading.Event()
    with psycopg.connect(url, autocommit=True) as connection:
        before, began = _counters(connection), time.monotonic()
        watcher = threading.Thread(target=_look, args=(url, load, over))
        watcher.start()
        try:
            yield load
        finally:
            over.set()
            watcher.join()
        seconds = time.monotonic() - began
        _settle(load, before, _counters(connection), seconds)


def _settle(
    load: DatabaseLoad, before: tuple[float, ...], after: tuple[float, ...], seconds: float
) -> None:
    busy, buffers, rows, commits = (
        (now - then) / seconds for then, now in zip(before, after, strict=True)
    )
    load.busy = busy / 1000
    load.buffers_per_second, load.rows_per_second = buffers, rows
    load.commits_per_second = commits
    active, waiting = zip(*load._looks, strict=True)  # noqa: SLF001 - its own module's
    load.most_active = max(active)
    load.mean_active = sum(active) / len(active)
    load.lock_waits = sum(waiting) / len(waiting)


def _look(url: str, load: DatabaseLoad, over: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            row = connection.execute(_ACTIVITY).fetchone()
            if row:
                load._looks.append((row[0], row[1]))  # noqa: SLF001
            if over.wait(_LOOK_SECONDS):
                return


def _counters(connection: psycopg.Connection) -> tuple[float, ...]:
    connection.execute(_FLUSH)
    row = connection.execute(_COUNTERS).fetchone()
    return tuple(float(value) for value in row or ())
