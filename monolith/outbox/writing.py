"""The one statement that a transaction pays for its events, however many there are.

It calls a function in the database (migration 0003), whose plans each session keeps: planning would
cost more than the writing itself. The function raises the versions of the streams, in the order of
their names, then writes the events in the order in which they were recorded.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from monolith.outbox.sharding import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper

_WRITE = "select outbox_write(%s, %s)"
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


def write(connection: BaseDatabaseWrapper, entries: Sequence[Entry]) -> None:
    """Write events in the order given, at the next versions of their streams.

    Raises:
        django.db.DatabaseError: among others a deadlock with somebody who locks streams in another
        order; the transaction is lost, as it is after any error.
    """
    facts = Counter({entry.stream: 0 for entry in entries})
    facts.update(entry.stream for entry in entries if entry.is_fact)
    streams = ((stream, str(shard_of(stream)), str(count)) for stream, count in facts.items())
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, (_table(streams), _table(_rows(entries, facts))))


def _rows(entries: Sequence[Entry], facts: Counter[str]) -> Iterable[tuple[str, ...]]:
    behind = Counter(facts)
    for entry in entries:
        behind[entry.stream] -= entry.is_fact
        yield (
            str(entry.event_id),
            entry.stream,
            str(behind[entry.stream]),
            entry.event_type,
            entry.topic,
            entry.traceparent or "",
            entry.head,
            entry.tail,
        )


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return _RECORD.join(map(_UNIT.join, rows))
