"""What this process has counted since it last handed in: in memory, so that counting costs nothing.

The series and their names are listed in docs/strangler/tallies.md. Nothing here raises, waits for a
database, or grows without bound.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from monolith.strangler.counting.statistics import bucket_of
from monolith.strangler.state import controls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monolith.strangler.deciding.decision import Facts

# While nobody takes what was counted, the oldest of what has an order goes first.
MOST_OBSERVATIONS = 20_000
MOST_RECORDS = 500
_MINUTE_SECONDS = 60


class Key(NamedTuple):
    """What a count is of. A tuple, for it is hashed several times with every read."""

    path: str
    epoch: int
    minute: datetime
    series: str
    name: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that a watch has to hear of, in its order: was it bad?"""

    path: str
    watch: str
    is_bad: bool


class Answered(NamedTuple):
    """One answered read and why it was answered from there. A tuple: cheapest to make."""

    request_id: str
    path: str
    subject: str
    source: str
    reason: str
    as_of: int
    milliseconds: float
    facts: Facts
    at: datetime


@dataclass(slots=True)
class Taken:
    """Everything counted up to one moment."""

    counts: Counter[Key] = field(default_factory=Counter)
    observations: deque[Observation] = field(
        default_factory=lambda: deque(maxlen=MOST_OBSERVATIONS)
    )
    records: deque[Answered] = field(default_factory=lambda: deque(maxlen=MOST_RECORDS))

    def is_empty(self) -> bool:
        """Tell whether there is nothing to hand in."""
        return not (self.counts or self.observations or self.records)


_lock = threading.Lock()
_now = Taken()
urgent = threading.Event()
"""Set when something was seen that nobody may wait a second to act upon."""


def add(path: str, series: str, name: str, count: int = 1) -> None:
    """Count something, within the evidence epoch that this process knows of."""
    add_each(path, ((series, name),), count)


def add_each(path: str, seen: Iterable[tuple[str, str]], count: int = 1) -> None:
    """Count several things of one moment, each by its series and name."""
    minute = _minute(int(time.time() // _MINUTE_SECONDS))
    epoch = controls.cache.last_known().epochs.get(path, 0)
    with _lock:
        for series, name in seen:
            _now.counts[Key(path, epoch, minute, series, name)] += count


def time_taken(path: str, series: str, milliseconds: float) -> None:
    """Count a length of time in its histogram."""
    add(path, series, bucket_name(milliseconds))


def bucket_name(milliseconds: float) -> str:
    """Return what a length of time is counted under in its histogram."""
    return str(bucket_of(milliseconds))


def observe(path: str, watch: str, *, is_bad: bool) -> None:
    """Tell a watch of one more thing."""
    with _lock:
        _now.observations.append(Observation(path, watch, is_bad))


def alert(path: str, watch: str) -> None:
    """Tell a watch of something so bad that it is acted upon at once."""
    observe(path, watch, is_bad=True)
    urgent.set()


def record(answered: Answered) -> None:
    """Keep one answered read for whoever asks about it later."""
    with _lock:
        _now.records.append(answered)


def take() -> Taken:
    """Take everything that was counted so far."""
    global _now
    # First: what is alerted to from now on is either taken here or wakes somebody again.
    urgent.clear()
    with _lock:
        taken, _now = _now, Taken()
    return taken


def give_back(taken: Taken) -> None:
    """Put back what could not be handed in: it is counted with what came since."""
    with _lock:
        _now.counts.update(taken.counts)
        # What came since stands behind it: where that is too much, the oldest goes.
        taken.observations.extend(_now.observations)
        taken.records.extend(_now.records)
        _now.observations, _now.records = taken.observations, taken.records


@lru_cache(maxsize=1)
def _minute(number: int) -> datetime:
    # Made once a minute, for every read wants it several times.
    return datetime.fromtimestamp(number * _MINUTE_SECONDS, UTC)
