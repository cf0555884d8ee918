"""The knobs of a backfill: how each is read, where it stands if nobody turned it, what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from monolith.strangler.gates.gating import most_times_usual

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.models import BackfillRun

CHUNK_KEYS = 1_000
MAX_PENDING = 2_000
LAG_SECONDS = 30.0
AHEAD_KEYS = 500
"""As many as a small service takes in within seconds: what is in its queue delays what happens."""

OFF = "off"
# Resting a hundred times as long as working is a pause; there is a verb for that.
_NICEST = 100.0
_MOST_SECONDS, _MOST_TIMES = 86_400.0, 1_000.0
_HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")
_HOURS_OF_A_DAY = 24


class BadKnob(Exception):
    """There is no such knob, or it cannot be turned there."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a day, local time: from the first until before the second, past midnight or not."""

    begin: int
    end: int

    def contain(self, hour: int) -> bool:
        """Tell whether an hour is one of them."""
        if self.begin < self.end:
            return self.begin <= hour < self.end
        return hour >= self.begin or hour < self.end

    def __str__(self) -> str:
        return f"{self.begin}-{self.end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """What is read anew before every chunk: see `KNOBS`. Without `hours`, at any time."""

    chunk_keys: int
    nice: float
    max_pending: int
    slower: float
    lag: float
    ahead: int
    hours: Hours | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One knob: its column (and place in `Knobs`), how its text is read, what it means."""

    field: str
    read: Callable[[str], Any]
    says: str


def knobs_of(backfill: BackfillRun) -> Knobs:
    """Return how the knobs of a backfill stand; one that nobody turned stands at its default."""
    return Knobs(
        chunk_keys=backfill.chunk_keys or CHUNK_KEYS,
        nice=backfill.nice,
        max_pending=backfill.max_pending
        or getattr(settings, "STRANGLER_BACKFILL_MAX_PENDING", MAX_PENDING),
        slower=backfill.slower or most_times_usual(),
        lag=backfill.lag or LAG_SECONDS,
        ahead=backfill.ahead or AHEAD_KEYS,
        hours=_hours(backfill.hours) if backfill.hours else None,
    )


def knob_called(name: str) -> Knob:
    """Return a knob.

    Raises:
        BadKnob: there is none of this name.
    """
    try:
        return KNOBS[name]
    except KeyError:
        raise BadKnob(f"there is no knob {name!r}; there are {', '.join(KNOBS)}") from None


def read_value(name: str, text: str) -> Any:
    """Read where a knob is to be turned, as its column keeps it.

    Raises:
        BadKnob: there is no such knob, or the value is none for it.
    """
    try:
        return knob_called(name).read(text)
    except ValueError as error:
        raise BadKnob(f"{name}={text}: expected {error}") from None


def write_value(knobs: Knobs, name: str) -> str:
    """Write where a knob stands, as it is turned.

    Raises:
        BadKnob: there is none of this name.
    """
    value = getattr(knobs, knob_called(name).field)
    if value is None:
        return OFF
    return f"{value:g}" if isinstance(value, float) else str(value)


def _whole(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) < 2**31):
        raise ValueError("a whole number, at least 1")
    return int(text)


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = most + 1
        if not least <= value <= most:  # nor is what is no number
            raise ValueError(f"{least:g} to {most:g}")
        return value

    return read


def _hours(text: str) -> Hours:
    found = _HOURS.fullmatch(text)
    begin, end = map(int, found.groups()) if found else (0, 0)
    if begin == end or begin >= _HOURS_OF_A_DAY or end > _HOURS_OF_A_DAY:
        raise ValueError(f"hours such as 22-6, or {OFF}")
    return Hours(begin, end)


def _hours_or_off(text: str) -> str:
    return "" if text == OFF else str(_hours(text))


KNOBS = {
    "chunk": Knob(field="chunk_keys", read=_whole, says="most keys in a chunk"),
    "nice": Knob(
        field="nice", read=_number(0, _NICEST), says="seconds of rest to a second of work"
    ),
    "pending": Knob(
        field="max_pending", read=_whole, says="most events that may wait in the outbox"
    ),
    "slower": Knob(
        field="slower",
        read=_number(1, _MOST_TIMES),
        says="how many times its usual p95 the monolith may take",
    ),
    "lag": Knob(
        field="lag",
        read=_number(1, _MOST_SECONDS),
        says="most seconds that its service, or one that answers customers, may be behind",
    ),
    "ahead": Knob(
        field="ahead",
        read=_whole,
        says="most keys sent since the last heartbeat heard by a service that answers customers",
    ),
    "hours": Knob(
        field="hours", read=_hours_or_off, says="hours in which it may run, local time: 22-6"
    ),
}
