"""Contestants take turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDS = 5


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
