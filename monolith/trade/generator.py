"""Trade of the real file's shape without it: its columns, proportions and quirks, from a seed."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from monolith.trade.assortment import Assortment
from monolith.trade.till import Till

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monolith.trade.till import Row

FIRST_DAY, LAST_DAY = date(2010, 12, 1), date(2011, 8, 31)
_SATURDAY = 5
_OPENS_AT, _OPEN_MINUTES = time(8), 10 * 60
_RETURNED, _CALLED_OFF, _ODDITIES = 0.16, 0.01, 0.12


@dataclass(order=True)
class _Moment:
    """Something that happens at an instant; `turn` keeps what happens at the same time in order."""

    at: datetime
    turn: int
    happen: Callable[[datetime], list[Row]]


def generate_rows(*, seed: int, orders: int) -> Iterator[Row]:
    """Yield the rows of so many orders, and of what goes with them, in the order of trade.

    Equal arguments yield equal rows.
    """
    return _Calendar(Random(seed), orders).rows()  # noqa: S311 - play money


class _Calendar:
    """Lets things happen at the till in the order of time, each leading to others later."""

    def __init__(self, random: Random, orders: int) -> None:
        self._random = random
        self._days = _trading_days()
        self._till = Till(random, Assortment(random, orders=orders, days=self._days))
        self._turn = 0
        self._moments: list[_Moment] = []
        for _ in range(orders):
            day = datetime.combine(random.choice(self._days), _OPENS_AT)
            self._plan(day + timedelta(minutes=random.randrange(_OPEN_MINUTES)), self._sell)

    def rows(self) -> Iterator[Row]:
        """Yield rows by time: an invoice may end in the minute in which the next begins."""
        waiting: list[tuple[datetime, int, Row]] = []
        turn = 0
        while self._moments:
            moment = heapq.heappop(self._moments)
            while waiting and waiting[0][0] < moment.at:
                yield heapq.heappop(waiting)[2]
            for row in moment.happen(moment.at):
                turn += 1
                heapq.heappush(waiting, (row.at, turn, row))
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _plan(self, at: datetime, happen: Callable[[datetime], list[Row]]) -> None:
        if at.date() <= LAST_DAY:
            self._turn += 1
            heapq.heappush(self._moments, _Moment(at, self._turn, happen))

    def _sell(self, at: datetime) -> list[Row]:
        sold = self._till.sell(at)
        random, till = self._random, self._till
        if random.random() < _CALLED_OFF:
            soon = at + timedelta(minutes=random.randrange(5, 150))
            self._plan(soon, lambda when: till.call_off(when, sold))
        elif random.random() < _RETURNED:
            later = at + timedelta(days=random.randrange(1, 40), minutes=random.randrange(60))
            self._plan(later, lambda when: till.take_back(when, sold))
        if random.random() < _ODDITIES:
            self._plan(at + timedelta(minutes=1), till.do_something_odd)
        return sold


def _trading_days() -> list[date]:
    days = (FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
    return [day for day in days if day.weekday() != _SATURDAY]
