"""The front door: facts go into the outbox in the transaction that makes them true, or not at all.

They wait in memory until the transaction commits and are then written by one statement, which gives
them their versions. Streams are locked there and then, in the order of their names, unless
`lock_stream` did it before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.utils import timezone

from monolith.outbox.buffering import Buffer, buffer_of, in_transaction
from monolith.outbox.contracts import Draft, contracts
from monolith.outbox.sharding import shard_of
from monolith.outbox.tracing import current_traceparent
from monolith.outbox.writing import Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.backends.utils import CursorWrapper

    from monolith.outbox.contracts import Contracts

_START_BATCH = 10_000
# What SNS and SQS take as a message group: a stream that cannot be one would only be parked later.
_STREAM = re.compile(r"[!-~]{1,128}")

_LOCK = "select version from outbox_stream where stream = %s for update"
_BEGIN = """
    insert into outbox_stream (stream, shard, version)
    select stream, shard, %s from unnest(%s::text[], %s::smallint[]) as s (stream, shard)
    on conflict (stream) do nothing
"""


class OutsideTransaction(Exception):
    """No transaction is open, so the event could outlive a rollback of what it tells."""


def record(event: object, *, stream: str, occurred_at: datetime) -> UUID:
    """Record a fact as the next version of its stream, in the caller's transaction.

    It is delivered at least once, in the order of versions per stream, and only if the transaction
    commits. The version is given at the commit; the event's id, which is returned, stands already.

    Raises:
        OutsideTransaction: no `atomic` block is open.
        ValueError: `stream` is not a stream's name, or `occurred_at` has no time zone.
        Exception: the contracts do not know the event (the shop's: `UnknownEvent`).
    """
    return _record(event, stream, occurred_at, is_fact=True)


def record_snapshot(
    event: object, *, stream: str, occurred_at: datetime, addressee: str | None = None
) -> UUID:
    """Record the state of a stream as of its current version, which stays as it is.

    Read the state after `lock_stream`: until the commit no fact can slip in between. It is for one
    `addressee`, if that is named: other subscriptions may keep it away. Facts are for everybody.

    Raises:
        OutsideTransaction, ValueError, Exception: see `record`.
    """
    return _record(event, stream, occurred_at, is_fact=False, addressee=addressee)


def lock_stream(stream: str) -> int:
    """Lock a stream until the end of the transaction and return its version; 0 without facts.

    Raises:
        OutsideTransaction: no `atomic` block is open.
        ValueError: `stream` is not a stream's name.
    """
    _topic_of(stream, contracts())
    buffer = _buffer()
    if buffer.waits_for(stream):
        buffer.flush()
    with connection.cursor() as cursor:
        return _lock(cursor, stream)


def flush() -> None:
    """Write now what the open transaction has recorded; its commit would do it anyway.

    For whoever reads the outbox's tables in the same transaction.
    """
    buffer_of(connections[DEFAULT_DB_ALIAS]).flush()


def start_streams(streams: Iterable[str]) -> None:
    """Start streams at version 1 without an event, for things that existed before events did.

    Streams that have started already are left alone.

    Raises:
        ValueError: one of them is not a stream's name; none is started.
    """
    names = sorted(set(streams))
    for stream in names:
        _topic_of(stream, contracts())
    with transaction.atomic(), connection.cursor() as cursor:
        for first in range(0, len(names), _START_BATCH):
            batch = names[first : first + _START_BATCH]
            cursor.execute(_BEGIN, (1, batch, [shard_of(stream) for stream in batch]))


def current_version(stream: str) -> int:
    """Return the version of a stream's latest fact; 0 if it has none."""
    return current_versions([stream])[stream]


def current_versions(streams: Collection[str]) -> dict[str, int]:
    """Return the version of each stream's latest fact; 0 for those that have none.

    What the open transaction has recorded itself counts.
    """
    if any(map(buffer_of(connections[DEFAULT_DB_ALIAS]).waits_for, streams)):
        flush()
    with connection.cursor() as cursor:
        cursor.execute(
            "select stream, version from outbox_stream where stream = any(%s)", (list(streams),)
        )
        return {**dict.fromkeys(streams, 0), **dict(cursor.fetchall())}


def _record(
    event: object,
    stream: str,
    occurred_at: datetime,
    *,
    is_fact: bool,
    addressee: str | None = None,
) -> UUID:
    buffer = _buffer()
    entry = _entry(event, stream, occurred_at, is_fact=is_fact, addressee=addressee)
    buffer.add(entry)
    return entry.event_id


def _buffer() -> Buffer:
    wrapper = connections[DEFAULT_DB_ALIAS]
    if not in_transaction(wrapper):
        raise OutsideTransaction("record events inside the transaction that makes them true")
    wrapper.validate_no_broken_transaction()
    return buffer_of(wrapper)


def _entry(
    event: object, stream: str, occurred_at: datetime, *, is_fact: bool, addressee: str | None
) -> Entry:
    if occurred_at.tzinfo is None:
        raise ValueError(f"occurred_at has no time zone: {occurred_at!r}")
    terms = contracts()
    topic = _topic_of(stream, terms)
    draft = Draft(
        event_id=uuid4(),
        event_type=terms.event_type_of(event),
        stream=stream,
        occurred_at=occurred_at,
        recorded_at=timezone.now(),
        traceparent=current_traceparent(),
        data=terms.data_of(event),
    )
    head, tail = terms.encode(draft)
    return Entry(
        event_id=draft.event_id,
        stream=stream,
        event_type=draft.event_type,
        topic=topic,
        traceparent=draft.traceparent,
        head=head,
        tail=tail,
        is_fact=is_fact,
        addressee=addressee,
    )


def _topic_of(stream: str, terms: Contracts) -> str:
    if not _STREAM.fullmatch(stream):
        raise ValueError(
            f"not a stream name: {stream!r} (1 to 128 printable ASCII characters, no space)"
        )
    return terms.topic_of(stream)


def _lock(cursor: CursorWrapper, stream: str) -> int:
    cursor.execute(_LOCK, (stream,))
    found = cursor.fetchone()
    if found is None:
        cursor.execute(_BEGIN, (0, [stream], [shard_of(stream)]))
        cursor.execute(_LOCK, (stream,))
        found = cursor.fetchone()
    return int(found[0])
