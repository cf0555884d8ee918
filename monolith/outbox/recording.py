"""The front door: facts go into the outbox in the transaction that makes them true, or not at all.

A stream's row lock is taken by the first call that names the stream and held until the commit.
Whoever records in several streams does so in the order of their names, after taking every other
lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import connection, transaction

from event_contracts.codec import encode
from event_contracts.envelope import Envelope
from event_contracts.registry import event_type_of
from event_contracts.streams import stream_kind
from monolith.outbox import waking
from monolith.outbox.sharding import shard_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper
from django.utils import timezone

_START_BATCH = 10_000

_BUMP = """
    insert into outbox_stream as s (stream, shard, version) values (%s, %s, 1)
    on conflict (stream) do update set version = s.version + 1
    returning s.version, s.shard
"""
_LOCK = "select version, shard from outbox_stream where stream = %s for update"
_BEGIN = """
    insert into outbox_stream (stream, shard, version)
    select stream, shard, %s from unnest(%s::text[], %s::smallint[]) as s (stream, shard)
    on conflict (stream) do nothing
"""
_INSERT = """
    insert into outbox_message (shard, event_id, stream, version, event_type, topic, payload)
    values (%s, %s, %s, %s, %s, %s, %s)
"""


class OutsideTransaction(Exception):
    """No transaction is open, so the event could outlive a rollback of what it tells."""


def record(event: object, *, stream: str, occurred_at: datetime) -> Envelope:
    """Record a fact as the next version of its stream, in the caller's transaction.

    It is delivered at least once, in the order of versions per stream, and only if the transaction
    commits.

    Raises:
        OutsideTransaction: no transaction is open.
        UnknownEvent: the event's class is not registered.
        ValueError: `stream` is not a stream's name, or `occurred_at` has no time zone.
    """
    topic = stream_kind(stream)
    with _cursor() as cursor:
        version, shard = _row(cursor, _BUMP, (stream, shard_of(stream)))
        envelope = _envelope(event, stream, version, occurred_at)
        _insert(cursor, envelope, topic=topic, shard=shard)
    return envelope


def record_snapshot(event: object, *, stream: str, occurred_at: datetime) -> Envelope:
    """Record the state of a stream as of its current version, which stays as it is.

    The stream is locked until the commit, so no fact can slip between reading the state and
    recording it: read the state after `lock_stream`.

    Raises:
        OutsideTransaction: no transaction is open.
        UnknownEvent: the event's class is not registered.
        ValueError: `stream` is not a stream's name, or `occurred_at` has no time zone.
    """
    topic = stream_kind(stream)
    with _cursor() as cursor:
        version, shard = _lock(cursor, stream)
        envelope = _envelope(event, stream, version, occurred_at)
        _insert(cursor, envelope, topic=topic, shard=shard)
    return envelope


def lock_stream(stream: str) -> int:
    """Lock a stream until the end of the transaction and return its version; 0 without facts.

    Raises:
        OutsideTransaction: no transaction is open.
        ValueError: `stream` is not a stream's name.
    """
    stream_kind(stream)
    with _cursor() as cursor:
        version, _ = _lock(cursor, stream)
    return version


def start_streams(streams: Iterable[str]) -> None:
    """Start streams at version 1 without an event, for things that existed before events did.

    Streams that have started already are left alone.

    Raises:
        ValueError: one of them is not a stream's name; none is started.
    """
    names = sorted(set(streams))
    for stream in names:
        stream_kind(stream)
    with transaction.atomic(), connection.cursor() as cursor:
        for first in range(0, len(names), _START_BATCH):
            batch = names[first : first + _START_BATCH]
            cursor.execute(_BEGIN, (1, batch, [shard_of(stream) for stream in batch]))


def current_version(stream: str) -> int:
    """Return the version of a stream's latest fact; 0 if it has none."""
    return current_versions([stream])[stream]


def current_versions(streams: Collection[str]) -> dict[str, int]:
    """Return the version of each stream's latest fact; 0 for those that have none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select stream, version from outbox_stream where stream = any(%s)", (list(streams),)
        )
        return {**dict.fromkeys(streams, 0), **dict(cursor.fetchall())}


def _cursor() -> CursorWrapper:
    if not connection.in_atomic_block:
        raise OutsideTransaction("record events inside the transaction that makes them true")
    return connection.cursor()


def _lock(cursor: CursorWrapper, stream: str) -> tuple[int, int]:
    cursor.execute(_LOCK, (stream,))
    found = cursor.fetchone()
    if found:
        return int(found[0]), int(found[1])
    cursor.execute(_BEGIN, (0, [stream], [shard_of(stream)]))
    return _row(cursor, _LOCK, (stream,))


def _row(cursor: CursorWrapper, statement: str, parameters: tuple[Any, ...]) -> tuple[int, int]:
    cursor.execute(statement, parameters)
    version, shard = cursor.fetchone()
    return version, shard


def _envelope(event: object, stream: str, version: int, occurred_at: datetime) -> Envelope:
    if occurred_at.tzinfo is None:
        msg = f"occurred_at has no time zone: {occurred_at!r}"
        raise ValueError(msg)
    return Envelope(
        event_id=uuid4(),
        event_type=event_type_of(event),
        stream=stream,
        version=version,
        occurred_at=occurred_at,
        data=event,
        recorded_at=timezone.now(),
    )


def _insert(cursor: CursorWrapper, envelope: Envelope, *, topic: str, shard: int) -> None:
    cursor.execute(
        _INSERT,
        (
            shard,
            envelope.event_id,
            envelope.stream,
            envelope.version,
            envelope.event_type,
            topic,
            encode(envelope),
        ),
    )
    transaction.on_commit(waking.nudge, robust=True)
