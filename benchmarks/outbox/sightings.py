"""What a broker that keeps nothing saw: one line per event in a file, and the verdict on it.

Lines have one length, so that counting them costs whoever waits one look at the file's size.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.outbox.events import event_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LINE_BYTES = 19 + 1 + 36 + 1


class BrokenPromise(Exception):
    """Something was lost, reordered or handed over in a way that no broker takes."""


class Sink:
    """Where a contestant leaves what it publishes, from any thread: a line each, in one write."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, event_ids: Iterable[object]) -> None:
        """Note that events were accepted now, by the clock that all processes share."""
        now = time.monotonic_ns()
        lines = "".join([f"{now:019} {event_id}\n" for event_id in event_ids])
        os.write(self._file, lines.encode())


@dataclass(frozen=True, slots=True)
class Sighting:
    """One event accepted at an instant of the monotonic clock, in nanoseconds."""

    at_ns: int
    event_id: str


def count(path: Path) -> int:
    """Return how many lines there are."""
    return path.stat().st_size // _LINE_BYTES if path.exists() else 0


def read(path: Path) -> list[Sighting]:
    """Return what was seen, in the order in which it was."""
    rows = [line.split(" ") for line in path.read_text().splitlines()]
    return [Sighting(int(at), event_id) for at, event_id in rows]


def rate(sightings: list[Sighting]) -> float:
    """Return events per second between the first and the last."""
    instants = [sighting.at_ns for sighting in sightings]
    return len({s.event_id for s in sightings}) / (max(instants) - min(instants)) * 1e9


def check_complete(sightings: list[Sighting], *, events: int) -> None:
    """See that all of the backlog arrived.

    Raises:
        BrokenPromise: some did not.
    """
    arrived = len({sighting.event_id for sighting in sightings})
    if arrived != events:
        raise BrokenPromise(f"{arrived} of {events} events arrived")


def check_ordered(sightings: list[Sighting]) -> None:
    """See that each stream arrived in its order, without a gap; repetitions are let pass.

    Raises:
        BrokenPromise: one did not.
    """
    reached: dict[int, int] = defaultdict(int)
    for sighting in sightings:
        event = event_of(sighting.event_id)
        if event.position > reached[event.stream] + 1:
            raise BrokenPromise(f"{event} came after position {reached[event.stream]}")
        reached[event.stream] = max(reached[event.stream], event.position)
