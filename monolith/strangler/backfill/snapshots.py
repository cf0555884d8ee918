"""Snapshots of keys, each where it stands in its stream: the one way to put a service right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monolith.strangler.registry import MovingRead


@transaction.atomic
def record_snapshots(path: MovingRead[Any, Any], keys: Sequence[str]) -> None:
    """Record a snapshot of every key, each at its stream's version, all of them or none.

    They are for the path's own service. Another that takes the same kind over keeps its queue free.
    """
    source = path.source
    # In the order of the streams' names, as everybody who locks several; read under the lock.
    for stream, key in sorted((source.stream_of(key), key) for key in keys):
        _record(path, stream, key)
    recording.flush()


@transaction.atomic
def record_heartbeat_snapshot(path: MovingRead[Any, Any]) -> None:
    """State where heartbeats have come to, so that a service that lost them can count on.

    Does nothing for a path that sends none, or has not sent one yet.
    """
    beat = path.heartbeat
    if beat is not None and recording.current_version(beat.stream):
        _record(path, beat.stream, beat.key)


def record_of_locked(path: MovingRead[Any, Any], stream: str, key: str) -> None:
    """Record a snapshot of one key, for the path's own service, in a stream that is locked."""
    recording.record_snapshot(
        path.source.snapshot(key),
        stream=stream,
        occurred_at=timezone.now(),
        addressee=path.name,
    )


def _record(path: MovingRead[Any, Any], stream: str, key: str) -> None:
    recording.lock_stream(stream)
    record_of_locked(path, stream, key)
