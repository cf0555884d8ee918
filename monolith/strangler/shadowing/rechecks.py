"""What has to be looked at again, and when: 2, 8, 25 and 60 seconds after its first look."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from monolith.strangler.comparison.finished import Glance
from monolith.strangler.comparison.rechecking import LADDER_SECONDS

if TYPE_CHECKING:
    from monolith.strangler.comparison.finished import Comparison
    from monolith.strangler.registry import MovingRead

MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A comparison that its first look left open; `rung` counts the looks since."""

    path: MovingRead[Any, Any]
    first: Comparison
    began_at: float
    rung: int = 0
    looks: tuple[Glance, ...] = ()

    @property
    def due_at(self) -> float:
        """When to look next."""
        return self.began_at + LADDER_SECONDS[self.rung]

    @property
    def is_last(self) -> bool:
        """Whether no look comes after the next one."""
        return self.rung == len(LADDER_SECONDS) - 1

    def after(self, look: Glance) -> Open:
        """Return it as it stands after one more look that settled nothing."""
        return replace(self, rung=self.rung + 1, looks=(*self.looks, look))


def opened(path: MovingRead[Any, Any], first: Comparison, *, at: float) -> Open:
    """Return a comparison that has just been looked at for the first time."""
    return Open(path=path, first=first, began_at=at, looks=(glance(first, seconds=0),))


def glance(comparison: Comparison, *, seconds: float) -> Glance:
    """Note what a look saw."""
    judged = comparison.judged
    return Glance(
        seconds=seconds,
        outcome=judged.outcome,
        monolith_version=judged.monolith_version,
        service_version=judged.service_version,
    )


class Rechecks:
    """Open comparisons by when they are due; never more than `MOST`. Not thread-safe."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._heap: list[tuple[float, int, Open]] = []
        self._number = count()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_at(self) -> float:
        """When the next one is due; infinite if there is none."""
        return self._heap[0][0] if self._heap else float("inf")

    def add(self, opened: Open, *, not_before: float = 0) -> bool:
        """Take one in; False if there is no room for it."""
        if len(self._heap) >= self._most:
            return False
        due_at = max(opened.due_at, not_before)
        heapq.heappush(self._heap, (due_at, next(self._number), opened))
        return True

    def take_due(self, now: float) -> Open | None:
        """Take out one that is due."""
        if self.next_at > now:
            return None
        return heapq.heappop(self._heap)[2]

    def take_all(self, path: str | None = None) -> list[Open]:
        """Take out all of them, or those of one path."""
        taken = [entry for entry in self._heap if path in (None, entry[2].path.name)]
        self._heap = [entry for entry in self._heap if path not in (None, entry[2].path.name)]
        heapq.heapify(self._heap)
        return [entry[2] for entry in taken]
