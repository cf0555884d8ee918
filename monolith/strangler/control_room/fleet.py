"""Which state do the processes serve by? Of those that were seen of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler.control_room import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monolith.strangler.models import Transition, WorkerSeen

_ALIVE_FOR = timedelta(seconds=30)
_PERIOD = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The processes that route reads, and how many of them serve by the newest change."""

    version: int
    serving: int
    workers: int
    age: str
    builds: int

    @property
    def is_converged(self) -> bool:
        """Tell whether all serve by the newest change."""
        return 0 < self.workers == self.serving

    def __str__(self) -> str:
        if not self.workers:
            return f"config v{self.version}: no worker seen for 30 s"
        return f"config v{self.version} on {self.serving}/{self.workers} workers ({self.age})"


def fleet_of(workers: Sequence[WorkerSeen], version: int, now: datetime) -> Fleet:
    """Count the living processes, and those that know the newest change."""
    living = [worker for worker in workers if now - worker.seen_at <= _ALIVE_FOR]
    oldest = min((worker.seen_at for worker in living), default=None)
    return Fleet(
        version=version,
        serving=sum(worker.control_version >= version for worker in living),
        workers=len(living),
        age=formatting.age_of(oldest, now),
        builds=len({worker.code for worker in living}),
    )


def effect_of(transition: Transition, workers: Sequence[WorkerSeen], now: datetime) -> str:
    """Say where a change is in force: as measured, or as counted while it spreads."""
    effect = getattr(transition, "effect", None)
    if effect is not None:
        took = formatting.milliseconds(effect.milliseconds)
        missing = "" if effect.is_complete else "; not on all of them"
        return f"in force on {effect.workers} workers at v{transition.pk} after {took}{missing}"
    fleet = fleet_of(workers, transition.pk, now)
    return f"{fleet.serving}/{fleet.workers} workers at v{transition.pk} so far"
