"""Relays with the classic defects, to show that the scenarios catch them.

They stand in for a real one in its process: each takes the assignment of a relay.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from tests.monolith.outbox.faults.relays import real_relay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import psycopg

    from monolith.outbox.messages import Message
    from tests.monolith.outbox.faults.relays import Assignment, Runnable

_COLUMNS = "id, event_id, stream, payload"
_MARK = "update outbox_message set published_at = clock_timestamp() where id = any(%s)"
_BEYOND = f"select {_COLUMNS} from outbox_message where id > %s order by id limit 10"
_PENDING = (
    f"select {_COLUMNS} from outbox_message where published_at is null and id <> all(%s)"
    " order by id limit 10"
)
_UNLOCKED = (
    f"select {_COLUMNS} from outbox_message where published_at is null"
    " order by id limit 10 for update skip locked"
)


class _Row(NamedTuple):
    """As much of a message as the tests' broker looks at."""

    id: int
    event_id: UUID
    stream: str
    payload: str
    attempts: int = 0


class _Loop:
    """A relay reduced to doing the same step again and again."""

    def __init__(self, assignment: Assignment) -> None:
        self._publisher = assignment.make_publisher()
        self._stopping = threading.Event()

    def run(self) -> None:
        from monolith.outbox.connecting import connect

        with connect("broken relay") as connection:
            while not self._stopping.wait(0.001):
                self._step(connection)

    def stop(self) -> None:
        self._stopping.set()

    def _step(self, connection: psycopg.Connection[Any]) -> None:
        raise NotImplementedError

    def _publish(self, rows: list[_Row]) -> set[UUID]:
        from monolith.outbox.publishers import BrokerUnavailable

        try:
            failures = self._publisher.publish(cast("Sequence[Message]", rows)) if rows else []
        except BrokerUnavailable:
            return {row.event_id for row in rows}
        return {failure.event_id for failure in failures}


class WatermarkRelay(_Loop):
    """Publishes "everything above the last id", as so many do."""

    _last = 0

    def _step(self, connection: psycopg.Connection[Any]) -> None:
        rows = _rows(connection, _BEYOND, self._last)
        self._publish(rows)
        self._last = max((row.id for row in rows), default=self._last)


class SkipLockedRelay(_Loop):
    """Takes whatever no other relay has locked, regardless of streams."""

    def _step(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction():
            rows = _rows(connection, _UNLOCKED)
            self._publish(rows)
            _mark(connection, rows)


class HastyRelay(_Loop):
    """Marks before it publishes."""

    def _step(self, connection: psycopg.Connection[Any]) -> None:
        rows = _rows(connection, _PENDING, [])
        _mark(connection, rows)
        self._publish(rows)


class ForgivingRelay(_Loop):
    """Puts what failed aside and goes on with what comes behind it, even in the same stream."""

    def __init__(self, assignment: Assignment) -> None:
        super().__init__(assignment)
        self._aside: list[int] = []

    def _step(self, connection: psycopg.Connection[Any]) -> None:
        rows = _rows(connection, _PENDING, self._aside)
        failed = self._publish(rows)
        _mark(connection, [row for row in rows if row.event_id not in failed])
        self._aside = [row.id for row in rows if row.event_id in failed]


def stubborn_relay(assignment: Assignment) -> Runnable:
    """Make the real relay, blind to tokens: it keeps every shard that it ever had."""
    from monolith.outbox import claiming, relay
    from monolith.outbox.ownership import Change, Ownership

    class StubbornOwnership(Ownership):
        def disown(self, shards: object) -> None:
            pass

        def _change_to(self, tokens: dict[int, int]) -> Change:
            return super()._change_to({**self.tokens, **tokens})

    mark_published = claiming.mark_published

    def mark_whoever_owns(
        connection: psycopg.Connection[Any], messages: Sequence[Message]
    ) -> set[int]:
        tokens = dict(connection.execute("select shard, token from outbox_shard").fetchall())
        return mark_published(connection, [m._replace(token=tokens[m.shard]) for m in messages])

    claiming.mark_published = mark_whoever_owns
    vars(relay)["Ownership"] = StubbornOwnership
    return real_relay(assignment)


def _rows(connection: psycopg.Connection[Any], statement: str, *parameters: Any) -> list[_Row]:
    return [_Row(*row) for row in connection.execute(statement, parameters).fetchall()]


def _mark(connection: psycopg.Connection[Any], rows: list[_Row]) -> None:
    connection.execute(_MARK, ([row.id for row in rows],))
