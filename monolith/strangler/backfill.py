"""Fills a service with what was there before its events: one snapshot per key, into the outbox.

A snapshot is recorded in its stream's own order, under the stream's lock, with the version it
states. So a projection can tell what it already contains, and a second backfill does no harm.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from monolith.outbox import recording
from monolith.strangler import registry
from monolith.strangler.models import BackfillRun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monolith.strangler.registry import MovingRead, SnapshotSource

CHUNK_KEYS = 100
MAX_PENDING = 2_000
# A relay that publishes nothing for this long is not busy but stopped.
STALL_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.2


class BackfillStalled(Exception):
    """The outbox did not drain, so going on would only lengthen its queue. It can be resumed."""


def run(
    path_name: str,
    *,
    restart: bool = False,
    max_pending: int = MAX_PENDING,
    report: Callable[[int, str], None] = lambda _keys, _note: None,
) -> BackfillRun:
    """Record a snapshot of every key, from where an unfinished run stopped.

    A finished run is returned as is, unless `restart` begins anew. Safe to run twice at once: each
    chunk of keys belongs to whoever locks the run first. It pauses while more than `max_pending`
    events wait in the outbox. `report` is told keys done, and a note while it pauses.

    Raises:
        PathNotDeclared: there is no such path.
        BackfillStalled: the outbox has not drained for a minute.
    """
    path = registry.get_path(path_name)
    backfill = _open_run(path.name, restart=restart)
    while backfill.finished_at is None and backfill.abandoned_at is None:
        _wait_for_outbox(max_pending, report)
        done_before = backfill.keys_done
        backfill = _take_chunk(path, backfill.pk)
        report(backfill.keys_done - done_before, "")
    return backfill


def _open_run(path: str, *, restart: bool) -> BackfillRun:
    runs = BackfillRun.objects.filter(path=path, abandoned_at=None)
    if restart:
        runs.filter(finished_at=None).update(abandoned_at=timezone.now())
    elif latest := runs.order_by("-started_at", "-pk").first():
        return latest
    try:
        with transaction.atomic():
            return BackfillRun.objects.create(path=path, started_at=timezone.now())
    except IntegrityError:  # somebody else opened one just now: take part in it
        return BackfillRun.objects.get(path=path, finished_at=None, abandoned_at=None)


@transaction.atomic
def _take_chunk(path: MovingRead[Any, Any], run_id: int) -> BackfillRun:
    """Snapshot the next keys and move the checkpoint, both or neither."""
    backfill = BackfillRun.objects.select_for_update().get(pk=run_id)
    if backfill.finished_at is not None or backfill.abandoned_at is not None:
        return backfill
    keys = path.source.keys_after(backfill.position, CHUNK_KEYS)
    _record_snapshots(path.source, keys)
    if keys:
        backfill.position = keys[-1]
        backfill.keys_done += len(keys)
    else:
        backfill.finished_at = timezone.now()
    backfill.save(update_fields=["position", "keys_done", "finished_at"])
    return backfill


def _record_snapshots(source: SnapshotSource[Any, Any], keys: Sequence[str]) -> None:
    # In the order of the streams' names, as everybody who locks several; read under the lock.
    for stream, key in sorted((source.stream_of(key), key) for key in keys):
        recording.lock_stream(stream)
        recording.record_snapshot(source.snapshot(key), stream=stream, occurred_at=timezone.now())


def _wait_for_outbox(max_pending: int, report: Callable[[int, str], None]) -> None:
    least, moved_at = _pending(), time.monotonic()
    while (pending := _pending()) > max_pending:
        if pending < least:
            least, moved_at = pending, time.monotonic()
        if time.monotonic() - moved_at > STALL_SECONDS:
            raise BackfillStalled(
                f"{pending} events have been waiting in the outbox for {STALL_SECONDS:.0f} s: "
                "does the worker with the relay run? Start the same command again to go on"
            )
        report(0, f"waiting: {pending} events in the outbox, limit {max_pending}")
        time.sleep(_LOOK_AGAIN_SECONDS)


def _pending() -> int:
    # The outbox's tables belong to it; this one number has no front door yet.
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from outbox_message where published_at is null")
        (pending,) = cursor.fetchone()
    return int(pending)
