"""A path climbs to service by its runbook while people read it, and they read on when it is there.

Used where somebody has to judge it: the journey, with trade that was made, and `make bench-paths`.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.demo import table
from infra.local.demo.acting import RunbookStopped, climb
from infra.local.demo.readers import reading
from infra.local.visits import PAGES, Visitor
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from infra.local.demo.readers import Logins, Reading, Readings
    from infra.local.demo.table import Stay
    from infra.local.running import RunningShop

# The machine that they read on runs everything else as well; a report asks seven questions.
_THINK_SECONDS = {Visitor.CUSTOMER: 0.6, Visitor.STRANGER: 0.6, Visitor.STAFF: 4.0}
_PAGES_AT_SERVICE = 50
_READ_ON_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """How a path got up, and what its readers see; `stopped` says why it did not get there."""

    path: str
    stood: Sequence[Stay]
    readings: Readings
    stopped: str = ""

    @property
    def rung(self) -> str:
        """Where it stands in the end."""
        return self.stood[-1].rung

    @property
    def seconds(self) -> float:
        """How long it took to get there."""
        return self.stood[-1].since - self.stood[0].since

    @property
    def falls(self) -> int:
        """How often it was rolled back by itself."""
        return sum(stay.was_automatic for stay in self.stood)

    def seconds_by_rung(self) -> dict[str, float]:
        """Return how long it stood on each rung below the last, falls included."""
        seconds: dict[str, float] = {}
        for stay in self.stood[:-1]:
            seconds[stay.rung] = seconds.get(stay.rung, 0.0) + stay.until - stay.since
        return seconds

    def read_since_arrival(self) -> list[Reading]:
        """Return the pages since it stands where it stands."""
        return self.readings.since(self.stood[-1].since)


@contextmanager
def climbing(
    shop: RunningShop,
    path: str,
    logins: Logins,
    *,
    most_minutes_a_step: float,
    tell: Callable[[str], None],
) -> Iterator[Climb]:
    """Move a path to service, and let people read it from before until the block ends.

    Raises:
        NeverHappened: nobody read it any more once it was there.
        NotAPage: a reader could not sign in.
    """
    think = _THINK_SECONDS[PAGES[path].visitor]
    with reading(shop, path, logins, think_seconds=think) as readings:
        began, stopped = time.time(), ""
        try:
            climb(shop, path, until="service", most_minutes=most_minutes_a_step, tell=tell)
        except RunbookStopped as error:
            stopped = str(error)
        ended = time.time()
        stood = table.stays(shop.addresses["postgres"], path, began=began, ended=ended)
        wait_until(
            lambda: len(readings.since(ended)) >= _PAGES_AT_SERVICE,
            f"{_PAGES_AT_SERVICE} pages of {path} once it was there",
            seconds=_READ_ON_SECONDS,
        )
        yield Climb(path=path, stood=stood, readings=readings, stopped=stopped)
