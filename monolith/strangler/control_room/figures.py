"""A figure to be read: what it says, of how many, how sure, how old. Missing is never nought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler.control_room import formatting

if TYPE_CHECKING:
    from datetime import datetime

_NOW, _LATELY = timedelta(seconds=10), timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `n` is its number of cases; `bound` how much it may be at worst.

    `is_old`: it was taken longer ago than twice its period, so it may be true no more.
    """

    text: str = formatting.NO_DATA
    n: int | None = None
    bound: str = ""
    age: str = ""
    at: datetime | None = None
    is_old: bool = False
    has_data: bool = False
    tone: str = ""

    @property
    def beneath(self) -> str:
        """What stands under the figure, in small."""
        cases = "" if self.n is None else f"n {formatting.whole(self.n)}"
        return " · ".join(part for part in (cases, self.age) if part)


NOTHING = Figure()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """When a figure was taken, how often it should be, and when it is looked at."""

    at: datetime | None
    now: datetime
    period: timedelta


def figure(
    text: str, taken: Taken, *, n: int | None = None, bound: str = "", tone: str = ""
) -> Figure:
    """Build a figure from its text and where it comes from."""
    if taken.at is None:
        return NOTHING
    old = taken.now - taken.at
    return Figure(
        text=text,
        n=n,
        bound=bound,
        age=_age(old),
        at=taken.at,
        is_old=old > 2 * taken.period,
        has_data=True,
        tone=tone,
    )


def _age(old: timedelta) -> str:
    # Steps of seconds would make each refresh of a page another page.
    if old < _NOW:
        return "now"
    return "< 1 min" if old < _LATELY else formatting.age(old.total_seconds())


def plain(text: str, *, tone: str = "") -> Figure:
    """Build a figure that is intent, not observation: it has no cases and no age."""
    return Figure(text=text, has_data=True, tone=tone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A state in a word, with an icon and a tone, so that nobody has to tell colours apart."""

    text: str
    tone: str = "soft"
    icon: str = ""
    detail: str = ""
