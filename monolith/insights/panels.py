"""What the page shows: rows of answers in, drawings and tables out. Pure: no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.html import format_html

from event_contracts.sales_insights import EFFECT_DAYS, MOST_HOURS
from monolith.staff.wording import moment, pounds
from monolith.strangler.control_room.charts import Frame, Line, Part, bar, line_chart
from monolith.strangler.control_room.formatting import percent, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from django.utils.safestring import SafeString

    from event_contracts.sales_insights import (
        Cohort,
        DispatchTime,
        Period,
        PriceEffect,
        ProductAsOf,
        Takings,
    )

    _NameOf = Callable[[Takings], str]

_HEAT_STEPS = 5
_NUMBER = "num"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table; `look` is a class of the stylesheet."""

    text: str | SafeString
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question with its answer: a drawing, a table, or both; `note` says how it is counted.

    A table that only repeats the drawing `is_folded`.
    """

    key: str
    title: str
    note: str
    headers: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawing: SafeString | str = ""
    is_folded: bool = False


def takings_by_day(rows: Sequence[Takings], period: Period) -> Panel:
    """Draw the revenue of every day; a day without trade is a gap, not a nought."""
    booked = {row.name: row.revenue_pence / 100 for row in rows}
    points = [
        (datetime.combine(day, time(), UTC), booked.get(day.isoformat())) for day in period.days
    ]
    total = sum(row.revenue_pence for row in rows)
    frame = Frame(
        key="by-day", title="Revenue by day", description=f"{pounds(total)} over {len(rows)} days"
    )
    return Panel(
        key="by-day",
        title=f"Revenue by day: {pounds(total)}",
        note="What was ordered, less what was cancelled or returned on the day.",
        drawing=line_chart(frame, [Line(name="revenue", look="", points=points)], write=_thousands),
        headers=_headers("Day", "Orders", "Ordered", "Cancelled", "Refunded", "Revenue"),
        rows=tuple(_booked(row, row.name) for row in reversed(rows)),
        is_folded=True,
    )


def takings_by_country(rows: Sequence[Takings]) -> Panel:
    """Rank the countries."""
    return Panel(
        key="by-country",
        title="Revenue by country",
        note="Where the parcels went.",
        headers=(*_headers("Country", "Orders", "Revenue", words=1), Cell(text="Share")),
        rows=tuple(_ranked(rows, "country", lambda row: row.name)),
    )


def takings_by_product(rows: Sequence[Takings], descriptions: Mapping[str, str]) -> Panel:
    """Rank the products of the largest revenue."""
    return Panel(
        key="by-product",
        title="Revenue by product",
        note="The best-selling ones; orders that name the product.",
        headers=(*_headers("Product", "Orders", "Revenue", words=1), Cell(text="Of the first")),
        rows=tuple(
            _ranked(rows, "product", lambda row: _named(row.name, descriptions.get(row.name, "")))
        ),
    )


def cohorts(rows: Sequence[Cohort]) -> Panel:
    """Lay the months in which customers began over those in which they came back."""
    most = max((row.months_later for row in rows), default=0)
    by_month = groupby(rows, key=lambda row: row.month)
    return Panel(
        key="cohorts",
        title="Who comes back",
        note="Of those whose first order was in a month, how many ordered so many months later.",
        headers=_headers("Began in", "Customers", *(f"+{later}" for later in range(1, most + 1))),
        rows=tuple(_cohort(month, list(row), most) for month, row in by_month),
    )


def price_effects(rows: Sequence[PriceEffect], descriptions: Mapping[str, str]) -> Panel:
    """Tell what was sold before and after changes of prices."""
    return Panel(
        key="price-effects",
        title="What a change of price did",
        note=f"Pieces ordered in the {EFFECT_DAYS} days before and after, of the most sold.",
        headers=_headers("Product", "Changed", "Price", "Before", "After", words=2),
        rows=tuple(
            (
                Cell(text=_named(row.stock_code, descriptions.get(row.stock_code, ""))),
                Cell(text=moment(row.changed_at)),
                _number(f"{pounds(row.old_price_pence)} → {pounds(row.new_price_pence)}"),
                _number(whole(row.pieces_before)),
                _number(whole(row.pieces_after)),
            )
            for row in rows
        ),
    )


def dispatch_times(rows: Sequence[DispatchTime]) -> Panel:
    """Show how long parcels took."""
    parcels = sum(row.parcels for row in rows)
    most = max((row.parcels for row in rows), default=0)
    return Panel(
        key="dispatch",
        title="From order to dispatch",
        note=f"Parcels that left, by the whole hours that they took: {_median(rows)}.",
        headers=(*_headers("Hours", "Parcels", "Share", words=1), Cell(text="")),
        rows=tuple(
            (
                Cell(text=f"{row.hours} or more" if row.hours == MOST_HOURS else str(row.hours)),
                _number(whole(row.parcels)),
                _number(percent(row.parcels, parcels)),
                _bar(f"dispatch-{row.hours}", row.parcels, most),
            )
            for row in rows
        ),
    )


def products_as_of(rows: Sequence[ProductAsOf], at: datetime) -> Panel:
    """Tell what a product cost, and whether there was any, just before an instant."""
    return Panel(
        key="as-of",
        title=f"As it was at the end of {at:%d %b %Y}",
        note="The price in force, and whether there was any on the shelf.",
        headers=_headers("Product", "Price", "In stock", words=1),
        rows=tuple(
            (
                Cell(text=_named(row.stock_code, row.description)),
                _number(pounds(row.price_pence)),
                _number(_AVAILABILITY[row.is_available]),
            )
            for row in rows
        ),
    )


_AVAILABILITY = {None: "the tables cannot tell", True: "yes", False: "sold out"}


def _headers(*names: str, words: int = 1) -> tuple[Cell, ...]:
    return tuple(
        Cell(text=name, look=_NUMBER if number >= words else "")
        for number, name in enumerate(names)
    )


def _number(text: str) -> Cell:
    return Cell(text=text, look=_NUMBER)


def _booked(row: Takings, name: str) -> tuple[Cell, ...]:
    amounts = (row.placed_pence, row.cancelled_pence, row.refunded_pence, row.revenue_pence)
    return (
        Cell(text=name),
        _number(whole(row.orders)),
        *(_number(pounds(each)) for each in amounts),
    )


def _ranked(rows: Sequence[Takings], key: str, name_of: _NameOf) -> Iterable[tuple[Cell, ...]]:
    most = max((row.revenue_pence for row in rows), default=0)
    for number, row in enumerate(rows):
        yield (
            Cell(text=name_of(row)),
            _number(whole(row.orders)),
            _number(pounds(row.revenue_pence)),
            _bar(f"{key}-{number}", row.revenue_pence, most),
        )


def _cohort(month: str, rows: Sequence[Cohort], most: int) -> tuple[Cell, ...]:
    customers = {row.months_later: row.customers for row in rows}
    first = customers.get(0, 0)
    later = (customers.get(number, 0) for number in range(1, most + 1))
    return (
        Cell(text=month),
        _number(whole(first)),
        *(
            Cell(text=percent(count, first, 0), look=f"{_NUMBER} heat-{_heat(count, first)}")
            if count
            else _number("")
            for count in later
        ),
    )


def _heat(count: int, of: int) -> int:
    return min(_HEAT_STEPS, 1 + _HEAT_STEPS * count // max(1, of))


def _median(rows: Sequence[DispatchTime]) -> str:
    parcels = sum(row.parcels for row in rows)
    passed = 0
    for row in rows:
        passed += row.parcels
        if 2 * passed >= parcels:
            return f"half of them within {row.hours + 1} h"
    return "none did"


def _bar(key: str, value: int, most: int) -> Cell:
    if value <= 0:
        return Cell(text="")
    frame = Frame(key=key, title=percent(value, most), description="of the largest")
    parts = [
        Part(name="this", look="good", count=value),
        Part(name="to the largest", look="rest", count=most - value),
    ]
    return Cell(text=bar(frame, parts, width=160, height=10), look="gauge-cell")


def _named(code: str, description: str) -> SafeString:
    return format_html("{} <small>{}</small>", code, description)


def _thousands(value: float) -> str:
    return f"£{value / 1000:,.3g}k" if value else "£0"
