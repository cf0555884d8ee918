"""Contestants take turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDS = 5
_ONE_TAIL = 0.025


def medians(contestants: Mapping[str, Callable[[int], float]], *, rounds: int) -> dict[str, float]:
    """Let everybody have a turn in each round, given a number that never repeats; keep the medians.

    Every other round goes backwards: nobody always comes after the same one.
    """
    results: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        names = list(contestants)
        for turn, name in enumerate(names if number % 2 == 0 else reversed(names)):
            results[name].append(contestants[name](number * len(names) + turn + 1))
    return {name: statistics.median(values) for name, values in results.items()}


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least so large a share of all does not exceed."""
    return sorted(values)[max(math.ceil(len(values) * share), 1) - 1]


class Median(NamedTuple):
    """A median, and between which of the values it was drawn from it truly lies, 19 times of 20."""

    low: float
    middle: float
    high: float


def median_of(values: list[float]) -> Median:
    """Return the median of independent values with its interval by the sign test.

    Raises:
        ValueError: fewer than six values say nothing with so much confidence.
    """
    ordered = sorted(values)
    outside = _below_in_one_tail(len(ordered))
    if not outside:
        raise ValueError(f"{len(ordered)} values are too few for an interval")
    return Median(ordered[outside - 1], statistics.median(ordered), ordered[-outside])


def _below_in_one_tail(n: int) -> int:
    """Return the most values of n that may lie below what is a median, as rarely as one tail."""
    share, below = 0.0, 0
    while (share := share + math.comb(n, below) / 2**n) <= _ONE_TAIL:
        below += 1
    return below
