"""How long a change takes until every process serves by it: measured, written by the last."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler.models import Transition, TransitionEffect, WorkerSeen
from monolith.strangler.state import epochs

if TYPE_CHECKING:
    from datetime import datetime

# A process that was not heard of for so long serves nobody, and nobody waits for it.
LIVE_SECONDS = 10
# Whatever is not in force everywhere by then gets a row that says so.
GIVE_UP_SECONDS = 60
_LOOK_BACK = timedelta(hours=1)


def own_name() -> str:
    """Return what this process is called among those that route reads."""
    return f"{socket.gethostname()}:{os.getpid()}"


def say_alive(kind: str, *, started_at: datetime, control_version: int, at: datetime) -> None:
    """Say that this process serves by the change with this id, running this code."""
    WorkerSeen.objects.update_or_create(
        worker=own_name(),
        defaults={
            "kind": kind,
            "control_version": control_version,
            "code": epochs.code(),
            "started_at": started_at,
            "seen_at": at,
        },
    )


def say_gone() -> None:
    """Say that this process serves nobody any more: nobody has to wait until it is forgotten."""
    WorkerSeen.objects.filter(worker=own_name()).delete()


def live_workers(at: datetime) -> list[WorkerSeen]:
    """List the processes that route reads now, by name."""
    since = at - timedelta(seconds=LIVE_SECONDS)
    return list(WorkerSeen.objects.filter(seen_at__gte=since).order_by("worker"))


def note_effects(at: datetime) -> None:
    """Write down for each recent change how long it took, once every live process serves by it.

    Of one that some do not serve by after a minute, how many do.
    """
    pending = Transition.objects.of_state().filter(effect=None, at__gte=at - _LOOK_BACK)
    if not pending.exists():
        return
    workers = live_workers(at)
    for transition in pending:
        reached = sum(worker.control_version >= transition.pk for worker in workers)
        is_late = at - transition.at > timedelta(seconds=GIVE_UP_SECONDS)
        if workers and (reached == len(workers) or is_late):
            _write(transition, reached, is_complete=reached == len(workers), at=at)


def _write(transition: Transition, workers: int, *, is_complete: bool, at: datetime) -> None:
    TransitionEffect.objects.bulk_create(
        [
            TransitionEffect(
                transition=transition,
                workers=workers,
                milliseconds=round((at - transition.at).total_seconds() * 1000),
                is_complete=is_complete,
                at=at,
            )
        ],
        ignore_conflicts=True,
    )
