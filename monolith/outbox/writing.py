"""The one statement that a transaction pays for its events, however many there are.

It calls a function in the database (migration 0006), whose plans each session keeps: planning would
cost more than the writing itself. The function raises the versions of the streams, in the order of
their names, then writes the events in the order in which they were recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monolith.outbox.sharding import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper

_WRITE = "select outbox_write(%s, %s)"
_WRITE_AND_COMMIT = f"{_WRITE}; commit"
# ASCII's own separators of units and records: control characters, which no text of ours contains.
# Arrays would be escaped quote by quote in Python, which takes longer than the insert.
_UNIT, _RECORD = "\x1f", "\x1e"


class Entry(NamedTuple):
    """An event without its version, which stands between `head` and `tail`.

    A fact raises the version of its stream by one; a snapshot states the version there is.
    """

    event_id: UUID
    stream: str
    event_type: str
    topic: str
    traceparent: str | None
    head: str
    tail: str
    is_fact: bool
    addressee: str | None


def write(
    connection: BaseDatabaseWrapper, entries: Sequence[Entry], *, then_commit: bool = False
) -> None:
    """Write events in the order given, at the next versions of their streams.

    With `then_commit` the server commits in the same round trip, or not at all if the writing
    fails; Django's own commit, which has to follow, then finds nothing left to do.

    Raises:
        django.db.DatabaseError: among others a deadlock with somebody who locks streams in another
        order; the transaction is lost, as it is after any error.
    """
    at_once = then_commit and _takes_two_statements(connection)
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_AND_COMMIT if at_once else _WRITE, _parameters(entries))


def _takes_two_statements(connection: BaseDatabaseWrapper) -> bool:
    # Parameters that travel apart from their statement leave room for one only.
    return not connection.settings_dict["OPTIONS"].get("server_side_binding")


def _parameters(entries: Sequence[Entry]) -> tuple[str, str]:
    facts: dict[str, int] = {}
    reached = [_count_up(facts, entry) for entry in entries]
    streams = [(stream, str(shard_of(stream)), str(count)) for stream, count in facts.items()]
    rows = [
        (
            str(entry.event_id),
            entry.stream,
            str(facts[entry.stream] - count),
            entry.event_type,
            entry.topic,
            entry.traceparent or "",
            entry.head,
            entry.tail,
            entry.addressee or "",
        )
        for entry, count in zip(entries, reached, strict=True)
    ]
    return _table(streams), _table(rows)


def _count_up(facts: dict[str, int], entry: Entry) -> int:
    facts[entry.stream] = count = facts.get(entry.stream, 0) + entry.is_fact
    return count


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return _RECORD.join(map(_UNIT.join, rows))
