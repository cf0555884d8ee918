"""Which published events a replay is about, read without holding on to the database.

Their keys are sorted by the server and kept there, by a cursor that outlives its transaction: a
replay takes hours at a modest rate, and a transaction that long would keep vacuum from cleaning up
everywhere. The events themselves follow key by key, as they are needed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from psycopg.rows import kwargs_row

from monolith.outbox.messages import Message
from monolith.outbox.skipping import replace_skipped

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import datetime

    import psycopg

_CLAUSES = {
    "since": "recorded_at >= %(since)s",
    "until": "recorded_at < %(until)s",
    "stream": "stream = %(stream)s",
    "event_type": "event_type = %(event_type)s",
    "after": "id > %(after)s",
}
_KEYS = "select recorded_at, id from outbox_message where {where} order by id"
_COUNT = """
    select event_type, count(*), sum(octet_length(payload))::bigint, min(id), max(id)
    from outbox_message where {where} group by event_type order by event_type
"""
# `offset 0` leaves the planner one way only: the primary key, once per event.
_READ = """
    select m.* from unnest(%(instants)s::timestamptz[], %(ids)s::bigint[]) as k (recorded_at, id)
    cross join lateral (
        select shard, 0 as token, id, recorded_at, event_id, stream, version, event_type, topic,
               payload, octet_length(payload) as size, 0 as attempts, traceparent,
               skipped_because is not null as is_skipped, addressee
        from outbox_message
        where recorded_at = k.recorded_at and id = k.id and published_at is not null
        offset 0
    ) m
    order by m.id
"""
_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Published events by when they were recorded (`since` included, `until` not), and by what.

    `after` is an id: that of the last event that a stopped replay is done with.
    """

    since: datetime | None = None
    until: datetime | None = None
    stream: str | None = None
    event_type: str | None = None
    after: int | None = None


class Key(NamedTuple):
    """How an event is found: the primary key of its row."""

    recorded_at: datetime
    id: int


class Share(NamedTuple):
    """The events of one type in a selection; `payload_bytes` is the sum of their payloads."""

    event_type: str
    events: int
    payload_bytes: int
    first_id: int
    last_id: int


def count_published(connection: psycopg.Connection[Any], selection: Selection) -> list[Share]:
    """Count a selection by type, in the order of their names; empty if nothing matches."""
    statement, parameters = _filtered(_COUNT, selection)
    return [Share(*row) for row in connection.execute(statement, parameters)]


def select_published(
    connection: psycopg.Connection[Any], selection: Selection
) -> Generator[Message, None, None]:
    """Read a selection in the order of ids; the connection must be in autocommit mode.

    What retention has dropped meanwhile is missing, and so is what a resync has made pending.
    """
    statement, parameters = _filtered(_KEYS, selection)
    with connection.cursor("outbox_replay", withhold=True) as cursor:
        cursor.itersize = _CHUNK
        cursor.execute(statement, parameters)
        yield from read_messages(connection, map(Key._make, cursor))


def read_messages(connection: psycopg.Connection[Any], keys: Iterable[Key]) -> Iterator[Message]:
    """Read events by their keys, which must be in the order of ids; skipped ones as notices."""
    left = iter(keys)
    while chunk := list(islice(left, _CHUNK)):
        instants, ids = zip(*chunk, strict=True)
        with connection.cursor(row_factory=kwargs_row(Message)) as cursor:
            cursor.execute(_READ, {"instants": list(instants), "ids": list(ids)})
            messages = cursor.fetchall()
        for message in messages:
            yield replace_skipped(message) if message.is_skipped else message


def _filtered(statement: str, selection: Selection) -> tuple[Any, dict[str, Any]]:
    given = {name: value for name, value in asdict(selection).items() if value is not None}
    clauses = ["published_at is not null", *(_CLAUSES[name] for name in given)]
    return cast("Any", statement.format(where=" and ".join(clauses))), given
