"""The least that recording can cost: the same rows by plain inserts, without any outbox.

psycopg alone, every statement prepared, and versions that fall from the sky: no stream is locked,
nothing follows savepoints, nobody asks whether the event is one that the contracts know.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import psycopg

from benchmarks.outbox.events import STREAMS, Event
from benchmarks.outbox.seeding import COLUMNS, row_of

if TYPE_CHECKING:
    from datetime import datetime

_ORDER = """
    insert into ordering_order (
        number, country_id, recipient, address, guest_email, status, placed_at, cancel_reason,
        request_digest
    ) values (%s, %s, '', '', '', 'placed', %s, '', '') returning id
"""
_ROW = f"({', '.join(['%s'] * len(COLUMNS))})"


class BareWriter:
    """Orders of nobody like those of `writing.Writer`, over a connection of its own."""

    def __init__(self, url: str, *, country_id: int, placed_at: datetime) -> None:
        self._connection = psycopg.connect(url, prepare_threshold=0)
        self._country_id = country_id
        self._placed_at = placed_at
        self._orders = 0
        self._turn = 0

    def write(self, count: int) -> float:
        """Commit one order row with so many rows of the outbox; return the seconds."""
        self._orders += 1
        order = (f"B{self._orders}", self._country_id, self._placed_at)
        events = self._next_events(count)
        began = perf_counter()
        with self._connection.transaction():
            self._connection.execute(_ORDER, order).fetchone()
            if events:
                self._insert(events)
        return perf_counter() - began

    def close(self) -> None:
        """Let the database be dropped."""
        self._connection.close()

    def _next_events(self, count: int) -> list[Event]:
        first, self._turn = self._turn, self._turn + count
        numbers = range(first, self._turn)
        return [Event(0, number % STREAMS, number // STREAMS + 1) for number in numbers]

    def _insert(self, events: list[Event]) -> None:
        statement = f"insert into outbox_message ({', '.join(COLUMNS)}) values "  # noqa: S608 - constants
        values = [value for event in events for value in row_of(event)]
        self._connection.execute(statement + ", ".join([_ROW] * len(events)), values)
