"""The loop of a backfill: chunk by chunk from the checkpoint on, while nothing is against it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.backfill.knobs import knobs_of
from monolith.strangler.backfill.pacing import Pace
from monolith.strangler.backfill.snapshots import record_heartbeat_snapshot, record_snapshots
from monolith.strangler.backfill.steering import turn
from monolith.strangler.backfill.throttling import Throttle, Throttling
from monolith.strangler.models import BackfillChunk, BackfillRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from monolith.strangler.registry import MovingRead
    from monolith.strangler.state.audit import Who

# A relay that publishes nothing for this long is not busy but stopped.
STALL_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.2
_SAY_AGAIN_SECONDS = 2.0


class BackfillStalled(Exception):
    """The outbox did not drain, so going on would only lengthen its queue. It can be resumed."""


def run(
    path_name: str,
    *,
    restart: bool = False,
    knobs: Mapping[str, str] | None = None,
    who: Who | None = None,
    report: Callable[[int, str], None] = lambda _keys, _note: None,
) -> BackfillRun:
    """Record a snapshot of every key, from where an unfinished run stopped.

    A finished run is returned as is, unless `restart` begins anew; one that is aborted meanwhile is
    returned unfinished. Safe to run twice at once: each chunk of keys belongs to whoever locks the
    run first. It waits while anything in `throttling` speaks against the next chunk. `knobs` are
    turned first, by `who`. `report` is told keys done, and a note while it waits.

    Raises:
        PathNotDeclared: there is no such path.
        BadKnob: see `steering.turn`.
        BackfillStalled: the outbox has not drained for a minute.
    """
    path = registry.get_path(path_name)
    backfill = _open_run(path, restart=restart)
    if knobs and who and not _is_over(backfill):
        backfill = turn(path.name, knobs, who)
    return _Running(path, report).to_the_end(backfill)


def _open_run(path: MovingRead[Any, Any], *, restart: bool) -> BackfillRun:
    runs = BackfillRun.objects.filter(path=path.name, abandoned_at=None)
    if restart:
        runs.filter(finished_at=None).update(abandoned_at=timezone.now())
    elif latest := runs.order_by("-started_at", "-pk").first():
        return latest
    expected = path.source.count() if path.source.count else None
    try:
        with transaction.atomic():
            opened = BackfillRun.objects.create(
                path=path.name, started_at=timezone.now(), keys_expected=expected
            )
            # A service that lost its table hears no beat before that, and would be waited for.
            record_heartbeat_snapshot(path)
            return opened
    except IntegrityError:  # somebody else opened one just now: take part in it
        return BackfillRun.objects.get(path=path.name, finished_at=None, abandoned_at=None)


class _Running:
    """One process at work on a run that others may be at work on, too."""

    def __init__(self, path: MovingRead[Any, Any], report: Callable[[int, str], None]) -> None:
        self._path, self._report = path, report
        self._pace, self._throttling = Pace(), Throttling()
        self._said_at = 0.0
        self._least_pending: int | None = None
        self._drained_at = 0.0

    def to_the_end(self, backfill: BackfillRun) -> BackfillRun:
        while not _is_over(backfill):
            backfill.refresh_from_db()
            if throttle := self._throttling.find(backfill, at=timezone.now()):
                self._wait(backfill, throttle)
            elif not _is_over(backfill):
                self._least_pending = None
                backfill = self._go_on(backfill)
        return backfill

    def _go_on(self, backfill: BackfillRun) -> BackfillRun:
        knobs = knobs_of(backfill)
        limit = self._pace.next_keys(at_most=min(knobs.chunk_keys, knobs.ahead))
        backfill, chunk = _take_chunk(self._path, backfill.pk, limit)
        if chunk is not None:
            self._pace.note(chunk.keys, chunk.seconds)
            self._report(chunk.keys, "")
            time.sleep(knobs.nice * chunk.seconds)
        return backfill

    def _wait(self, backfill: BackfillRun, throttle: Throttle) -> None:
        self._say(backfill, throttle.reason)
        self._check_that_the_outbox_drains(throttle.pending)
        self._report(0, throttle.reason)
        time.sleep(_LOOK_AGAIN_SECONDS)

    def _say(self, backfill: BackfillRun, reason: str) -> None:
        now = time.monotonic()
        if backfill.throttled_by != reason or now - self._said_at > _SAY_AGAIN_SECONDS:
            open_run = BackfillRun.objects.filter(
                pk=backfill.pk, finished_at=None, abandoned_at=None, paused_by=backfill.paused_by
            )
            open_run.update(throttled_by=reason, active_at=timezone.now())
            self._said_at = now

    def _check_that_the_outbox_drains(self, pending: int | None) -> None:
        now = time.monotonic()
        least = self._least_pending
        if pending is None or least is None or pending < least:
            self._least_pending, self._drained_at = pending, now
        elif now - self._drained_at > STALL_SECONDS:
            raise BackfillStalled(
                f"{pending} events have been waiting in the outbox for {STALL_SECONDS:.0f} s: "
                "does the worker with the relay run? Start the same command again to go on"
            )


def _is_over(backfill: BackfillRun) -> bool:
    return backfill.finished_at is not None or backfill.abandoned_at is not None


@transaction.atomic
def _take_chunk(
    path: MovingRead[Any, Any], run_id: int, limit: int
) -> tuple[BackfillRun, BackfillChunk | None]:
    """Snapshot the next keys and move the checkpoint, both or neither."""
    backfill = BackfillRun.objects.select_for_update().get(pk=run_id)
    if _is_over(backfill) or backfill.paused_by:
        return backfill, None
    began = time.monotonic()
    chunk = None
    keys = path.source.keys_after(backfill.position, limit)
    if keys:
        record_snapshots(path, keys)
        chunk = _move_checkpoint(backfill, keys, time.monotonic() - began)
    else:
        record_heartbeat_snapshot(path)
        backfill.finished_at = timezone.now()
    backfill.throttled_by = ""
    backfill.active_at = timezone.now()
    backfill.save(
        update_fields=["position", "keys_done", "finished_at", "throttled_by", "active_at"]
    )
    return backfill, chunk


def _move_checkpoint(backfill: BackfillRun, keys: Sequence[str], seconds: float) -> BackfillChunk:
    backfill.position = keys[-1]
    backfill.keys_done += len(keys)
    return BackfillChunk.objects.create(
        run=backfill,
        first_key=keys[0],
        last_key=keys[-1],
        keys=len(keys),
        seconds=seconds,
        at=timezone.now(),
    )
