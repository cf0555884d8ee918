"""Where values lie on a drawing, and which round values to write beside it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MOST = 1e15
"""What is above this is no measurement, and is drawn as little as what is no number."""
_LEAST = 1e-9
_STEPS = (1, 2, 2.5, 5, 10)
_TIME_STEPS = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 28, 56)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Maps values from `low` to `high` onto coordinates from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value; what lies outside is drawn at the edge."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(most: float, about: int = 4) -> list[float]:
    """Return round values from 0 to at least `most`, about as many as asked for.

    What is no number, or next to nought, counts as nought: an empty axis still has two ends.
    """
    if not _LEAST <= most <= MOST:
        return [0.0, 1.0]
    step = _step(most / about)
    return [step * number for number in range(math.ceil(round(most / step, 9)) + 1)]


def time_ticks(start: datetime, end: datetime, most: int = 7) -> list[datetime]:
    """Return round instants between two, at most so many; in the zone that they are given in."""
    length = end - start
    step = next((step for step in _TIME_STEPS if length / step <= most), length or _TIME_STEPS[0])
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + math.ceil((start - midnight) / step) * step
    count = max(0, int((end - first) / step) + 1)
    return [first + number * step for number in range(min(count, most + 1))]


def _step(rough: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(step * magnitude for step in _STEPS if step * magnitude >= rough * (1 - 1e-9))
