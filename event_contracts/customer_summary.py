"""The question "who is this customer to the shop?" and its answer, whoever gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

PROSPECT = "prospect"  # has no order that counts
CHAMPION = "champion"  # buys lately, often and much
LOYAL = "loyal"  # buys often, and has not been away for long
AT_RISK = "at-risk"  # used to buy often or much, and has been away for long
LAPSED = "lapsed"  # bought little, and has been away for long
NEW = "new"  # ordered once, lately
REGULAR = "regular"  # everybody else
SEGMENTS = (PROSPECT, CHAMPION, LOYAL, AT_RISK, LAPSED, NEW, REGULAR)

# Quantiles of the real trade of 2010-12 to 2011-08 on its last day, rounded. `make bench-summary`
# prints them beside these, and fails if one of these is off by more than a tenth.
RECENT_DAYS = 75
"""Half of the customers ordered within so many days."""
LONG_DAYS = 150
"""A quarter has been away for longer."""
FREQUENT_ORDERS = 4
"""A quarter ordered that often."""
LARGE_PENCE = 130_000
"""A quarter brought in that much."""

FAVOURITES = 5
"""How many products an answer names."""
_WHOLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSummaryQuery:
    """Whom it is about, and the day (in UTC) up to which the time since their last order counts."""

    customer_id: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMark:
    """An order by its number, and when it was placed."""

    order_number: str
    placed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourite:
    """A product, and how many pieces of it the customer kept."""

    stock_code: str
    description: str
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is counted of a customer; of cancelled orders, how many there are and nothing else.

    `pieces` were kept: what came back is not among them. The first order and the last go by the
    instant, then by the number. `favourites` are the products of which most pieces were kept, by
    their codes where that is equal.
    """

    order_count: int = 0
    cancelled_count: int = 0
    ordered_pence: int = 0
    returned_pence: int = 0
    pieces: int = 0
    first_order: OrderMark | None = None
    last_order: OrderMark | None = None
    favourites: tuple[Favourite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSummary:
    """Everything in short. `as_of` is the version of the customer's stream that it reflects.

    `lifetime_pence` is what was ordered less what was refunded; `returns_basis_points` is the share
    of the former that was refunded, rounded down. The rest is as in `Counted`.
    """

    customer_id: int
    as_of: int
    order_count: int
    cancelled_count: int
    ordered_pence: int
    returned_pence: int
    lifetime_pence: int
    returns_basis_points: int
    pieces: int
    first_order: OrderMark | None
    last_order: OrderMark | None
    favourites: tuple[Favourite, ...]
    segment: str


def summarise(query: CustomerSummaryQuery, *, as_of: int, counted: Counted) -> CustomerSummary:
    """Answer a query from what was counted."""
    return CustomerSummary(
        customer_id=query.customer_id,
        as_of=as_of,
        order_count=counted.order_count,
        cancelled_count=counted.cancelled_count,
        ordered_pence=counted.ordered_pence,
        returned_pence=counted.returned_pence,
        lifetime_pence=_lifetime_pence(counted),
        returns_basis_points=_share(counted.returned_pence, counted.ordered_pence),
        pieces=counted.pieces,
        first_order=counted.first_order,
        last_order=counted.last_order,
        favourites=counted.favourites,
        segment=segment_of(counted, on=query.on),
    )


def segment_of(counted: Counted, *, on: date) -> str:
    """Tell a customer's segment on a day: by recency, frequency and money; the first that fits."""
    if counted.last_order is None:
        return PROSPECT
    days = days_since(counted.last_order.placed_at, on=on)
    is_frequent = counted.order_count >= FREQUENT_ORDERS
    is_large = _lifetime_pence(counted) >= LARGE_PENCE
    if days > LONG_DAYS:
        return AT_RISK if is_frequent or is_large else LAPSED
    if is_frequent:
        return CHAMPION if is_large and days <= RECENT_DAYS else LOYAL
    return NEW if counted.order_count == 1 and days <= RECENT_DAYS else REGULAR


def days_since(instant: datetime, *, on: date) -> int:
    """Count the days from an instant's day in UTC until another day; 0 if that comes first."""
    return max((on - instant.astimezone(UTC).date()).days, 0)


def _lifetime_pence(counted: Counted) -> int:
    return counted.ordered_pence - counted.returned_pence


def _share(part: int, whole: int) -> int:
    return part * _WHOLE // whole if whole else 0
