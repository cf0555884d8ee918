"""How long a change takes until every process serves by it: measured, written by the last."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler import epochs
from monolith.strangler.models import Transition, TransitionEffect, WorkerSeen

if TYPE_CHECKING:
    from datetime import datetime

# A process that was not heard of for so long serves nobody, and nobody waits for it.
LIVE_SECONDS = 10
# Whatever has no effect by then gets a row that says so.
GIVE_UP_SECONDS = 60


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
    """Write down for each recent change how long it took, once every live process serves by it."""
    pending = Transition.objects.filter(
        effect=None, at__gte=at - timedelta(seconds=GIVE_UP_SECONDS)
    )
    if not pending.exists():
        return
    workers = live_workers(at)
    reached = min((worker.control_version for worker in workers), default=0)
    for transition in pending.filter(pk__lte=reached):
        _write(transition, workers=len(workers), at=at)


def _write(transition: Transition, *, workers: int, at: datetime) -> None:
    TransitionEffect.objects.bulk_create(
        [
            TransitionEffect(
                transition=transition,
                workers=workers,
                milliseconds=round((at - transition.at).total_seconds() * 1000),
                is_complete=True,
                at=at,
            )
        ],
        ignore_conflicts=True,
    )
