"""How did the shop do? Questions about closed days, and the rows of their answers.

A day is a day of UTC. What happened is booked on the day on which it happened: a cancellation or a
return counts against the day it came in, never against the day of its order. So what is said of a
day that is over never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from event_contracts.streams import CUSTOMER, GUEST_ORDER, PRODUCT, stream_kind

_EPOCH = date(1970, 1, 1)
LONGEST_PERIOD_DAYS = 36_600
EFFECT_DAYS = 14
"""How long before and after a change of price the sales are counted."""
MOST_ROWS = 20
"""How many products, or changes of prices, a ranking names."""
MOST_HOURS = 168
"""Parcels that took longer are counted as having taken so many hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from `first_day` to the one before `until_day`."""

    first_day: date
    until_day: date

    def __post_init__(self) -> None:
        """Refuse what no calendar of the shop holds.

        Raises:
            ValueError: no day is in it, or far too many are.
        """
        if not 0 < self.day_count <= LONGEST_PERIOD_DAYS:
            raise ValueError(
                f"a period has 1 to {LONGEST_PERIOD_DAYS} days: "
                f"{self.first_day} until {self.until_day} has {self.day_count}"
            )

    @property
    def day_count(self) -> int:
        """How many days it has."""
        return (self.until_day - self.first_day).days

    @property
    def start(self) -> datetime:
        """Its first instant."""
        return _midnight(self.first_day)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return _midnight(self.until_day)

    @property
    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first_day + timedelta(days=number) for number in range(self.day_count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Takings:
    """What was booked under one name: a day (`2011-03-14`), a country, or a stock code."""

    name: str
    orders: int
    placed_pence: int
    cancelled_pence: int
    refunded_pence: int

    @property
    def revenue_pence(self) -> int:
        """What is left of what was ordered."""
        return self.placed_pence - self.cancelled_pence - self.refunded_pence


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Customers whose first order was in `month` (`2011-03`), and who ordered so much later."""

    month: str
    months_later: int
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEffect:
    """One change of a price, and the pieces sold in the days before and after it."""

    stock_code: str
    changed_at: datetime
    old_price_pence: int
    new_price_pence: int
    pieces_before: int
    pieces_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchTime:
    """How many parcels left in so many whole hours after their orders."""

    hours: int
    parcels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductAsOf:
    """A product as it was at an instant. `is_available` is None where nobody can tell any more."""

    stock_code: str
    description: str
    price_pence: int
    is_available: bool | None


ALL_TIME = Period(first_day=date(1970, 1, 1), until_day=date(2070, 1, 1))
"""Every day of any shop, so that a question about all of a stream is always the same one."""


def read_day(text: str) -> date:
    """Read a day as `2011-03-14`.

    Raises:
        ValueError: it is none.
    """
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(f"expected a day as 2011-03-14, got {text!r}")
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBooked:
    """One order of a stream, and what became of it until the end of the period."""

    order_number: str
    placed_pence: int
    cancelled_pence: int
    refunded_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPrice:
    """A price that a product has had, has or will have, and the instant from which it holds."""

    effective_at: datetime
    price_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketDay:
    """Baskets begun on a day, and how many of them were ordered before the period was over."""

    day: str
    begun: int
    ordered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedProduct:
    """How often a product was taken out of baskets, and of how many that were ordered after all."""

    stock_code: str
    removals: int
    pieces: int
    from_ordered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Some of `ROWS`, about a period; `about` one product, or one stream, where the name says so.

    What is asked about a stream is asked alone.
    """

    questions: tuple[str, ...]
    first_day: str
    until_day: str
    about: str = ""

    @classmethod
    def over(cls, period: Period, *questions: str, about: str = "") -> Report:
        """Ask about a period."""
        first_day, until_day = period.first_day.isoformat(), period.until_day.isoformat()
        return cls(questions=questions, first_day=first_day, until_day=until_day, about=about)

    @property
    def period(self) -> Period:
        """Its days.

        Raises:
            ValueError: they are none.
        """
        return Period(first_day=read_day(self.first_day), until_day=read_day(self.until_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said to one question: rows in plain values of its row class."""

    question: str
    rows: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said to the questions of a report, in their order.

    `as_of` counts the days since 1970 of which the answer has everything; of an answer about one
    stream it is the version of that. `recorded_until` is the newest instant of recording that it is
    drawn from.
    """

    as_of: int
    recorded_until: datetime | None
    said: tuple[Said, ...]

    def rows_of(self, question: str) -> tuple[Any, ...]:
        """Return the rows that answer a question.

        Raises:
            KeyError: it was not asked.
        """
        return {each.question: each.rows for each in self.said}[question]


ROWS: dict[str, type] = {
    "takings_by_day": Takings,
    "takings_by_country": Takings,
    "takings_by_product": Takings,
    "cohorts": Cohort,
    "price_effects": PriceEffect,
    "dispatch_times": DispatchTime,
    "orders_booked": OrderBooked,
    "prices_known": KnownPrice,
    "products_as_of": ProductAsOf,
    "baskets_by_day": BasketDay,
    "removed_products": RemovedProduct,
}
"""What may be asked, and what the rows of its answer are."""

FROM_EVENTS_ONLY = frozenset({"products_as_of", "baskets_by_day", "removed_products"})
"""What no table can tell, or only in part."""

ABOUT_STREAMS = {
    CUSTOMER: "orders_booked",
    GUEST_ORDER: "orders_booked",
    PRODUCT: "prices_known",
}
"""What is asked about one stream, by its kind: all else is about everybody."""


def question_about(stream: str) -> str:
    """Return which question is asked about a stream.

    Raises:
        ValueError: the name is none, or nothing is asked about streams of its kind.
    """
    kind = stream_kind(stream)
    if kind not in ABOUT_STREAMS:
        raise ValueError(f"nothing is asked about streams of {kind!r}: {stream!r}")
    return ABOUT_STREAMS[kind]


def days_since_1970(day: date) -> int:
    """Count days, so that they can be compared as versions are."""
    return (day - _EPOCH).days
