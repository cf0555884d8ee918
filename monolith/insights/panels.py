"""What the page shows: rows of answers in, drawings and tables out. Pure: no database."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from event_contracts.sales_insights import EFFECT_DAYS, MOST_HOURS
from monolith.insights.cells import NUMBER, Cell, Panel, bar_cell, daily, figure, headers, named
from monolith.staff.wording import moment, pounds
from monolith.strangler.control_room.charts import Frame, line_chart
from monolith.strangler.control_room.formatting import percent, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

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


def takings_by_day(rows: Sequence[Takings], period: Period) -> Panel:
    """Draw the revenue of every day; a day without trade is a gap, not a nought."""
    booked = {row.name: row.revenue_pence / 100 for row in rows}
    total = sum(row.revenue_pence for row in rows)
    frame = Frame(
        key="by-day", title="Revenue by day", description=f"{pounds(total)} over {len(rows)} days"
    )
    return Panel(
        key="by-day",
        title=f"Revenue by day: {pounds(total)}",
        note="What was ordered, less what was cancelled or returned on the day.",
        drawing=line_chart(frame, [daily("revenue", "", booked, period)], write=_thousands),
        headers=headers("Day", "Orders", "Ordered", "Cancelled", "Refunded", "Revenue"),
        rows=tuple(_booked(row, row.name) for row in reversed(rows)),
        is_folded=True,
    )


def takings_by_country(rows: Sequence[Takings]) -> Panel:
    """Rank the countries."""
    return Panel(
        key="by-country",
        title="Revenue by country",
        note="Where the parcels went.",
        headers=(*headers("Country", "Orders", "Revenue", words=1), Cell(text="Share")),
        rows=tuple(_ranked(rows, "country", lambda row: row.name)),
    )


def takings_by_product(rows: Sequence[Takings], descriptions: Mapping[str, str]) -> Panel:
    """Rank the products of the largest revenue."""
    return Panel(
        key="by-product",
        title="Revenue by product",
        note="The best-selling ones; orders that name the product.",
        headers=(*headers("Product", "Orders", "Revenue", words=1), Cell(text="Of the first")),
        rows=tuple(
            _ranked(rows, "product", lambda row: named(row.name, descriptions.get(row.name, "")))
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
        headers=headers("Began in", "Customers", *(f"+{later}" for later in range(1, most + 1))),
        rows=tuple(_cohort(month, list(row), most) for month, row in by_month),
    )


def price_effects(rows: Sequence[PriceEffect], descriptions: Mapping[str, str]) -> Panel:
    """Tell what was sold before and after changes of prices."""
    return Panel(
        key="price-effects",
        title="What a change of price did",
        note=f"Pieces ordered in the {EFFECT_DAYS} days before and after, of the most sold.",
        headers=headers("Product", "Changed", "Price", "Before", "After", words=2),
        rows=tuple(
            (
                Cell(text=named(row.stock_code, descriptions.get(row.stock_code, ""))),
                Cell(text=moment(row.changed_at)),
                figure(f"{pounds(row.old_price_pence)} → {pounds(row.new_price_pence)}"),
                figure(whole(row.pieces_before)),
                figure(whole(row.pieces_after)),
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
        headers=(*headers("Hours", "Parcels", "Share", words=1), Cell(text="")),
        rows=tuple(
            (
                Cell(text=f"{row.hours} or more" if row.hours == MOST_HOURS else str(row.hours)),
                figure(whole(row.parcels)),
                figure(percent(row.parcels, parcels)),
                bar_cell(f"dispatch-{row.hours}", row.parcels, most),
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
        headers=headers("Product", "Price", "In stock", words=1),
        rows=tuple(
            (
                Cell(text=named(row.stock_code, row.description)),
                figure(pounds(row.price_pence)),
                figure(_AVAILABILITY[row.is_available]),
            )
            for row in rows
        ),
    )


_AVAILABILITY = {None: "the tables cannot tell", True: "yes", False: "sold out"}


def _booked(row: Takings, name: str) -> tuple[Cell, ...]:
    amounts = (row.placed_pence, row.cancelled_pence, row.refunded_pence, row.revenue_pence)
    return (
        Cell(text=name),
        figure(whole(row.orders)),
        *(figure(pounds(each)) for each in amounts),
    )


def _ranked(rows: Sequence[Takings], key: str, name_of: _NameOf) -> Iterable[tuple[Cell, ...]]:
    most = max((row.revenue_pence for row in rows), default=0)
    for number, row in enumerate(rows):
        yield (
            Cell(text=name_of(row)),
            figure(whole(row.orders)),
            figure(pounds(row.revenue_pence)),
            bar_cell(f"{key}-{number}", row.revenue_pence, most),
        )


def _cohort(month: str, rows: Sequence[Cohort], most: int) -> tuple[Cell, ...]:
    customers = {row.months_later: row.customers for row in rows}
    first = customers.get(0, 0)
    later = (customers.get(number, 0) for number in range(1, most + 1))
    return (
        Cell(text=month),
        figure(whole(first)),
        *(
            Cell(text=percent(count, first, 0), look=f"{NUMBER} heat-{_heat(count, first)}")
            if count
            else figure("")
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


def _thousands(value: float) -> str:
    return f"£{value / 1000:,.3g}k" if value else "£0"
