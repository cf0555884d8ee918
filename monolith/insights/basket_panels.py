"""What the page shows of baskets, which only events can tell. Pure: no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.insights.cells import Cell, Panel, bar_cell, daily, figure, headers, named
from monolith.strangler.control_room.charts import Frame, line_chart
from monolith.strangler.control_room.formatting import percent, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from event_contracts.sales_insights import BasketDay, Period, RemovedProduct


def baskets(rows: Sequence[BasketDay], period: Period) -> Panel:
    """Draw the baskets of every day, and how many of them were ordered."""
    begun = sum(row.begun for row in rows)
    ordered = sum(row.ordered for row in rows)
    frame = Frame(
        key="baskets", title="Baskets by day", description=f"{ordered} of {begun} were ordered"
    )
    lines = [
        daily("begun", "", {row.day: row.begun for row in rows}, period),
        daily("ordered", "monolith", {row.day: row.ordered for row in rows}, period),
    ]
    return Panel(
        key="baskets",
        title=f"Baskets given up: {percent(begun - ordered, begun)}",
        note="By the day on which they were begun; given up if not ordered by the last day.",
        drawing=line_chart(frame, lines, write=_count),
        headers=headers("Day", "Begun", "Ordered", "Given up"),
        rows=tuple(
            (
                Cell(text=row.day),
                *map(figure, (whole(row.begun), whole(row.ordered))),
                figure(percent(row.begun - row.ordered, row.begun)),
            )
            for row in reversed(rows)
        ),
        is_folded=True,
    )


def removed_products(rows: Sequence[RemovedProduct], descriptions: Mapping[str, str]) -> Panel:
    """Rank what was taken out of baskets again."""
    most = max((row.removals for row in rows), default=0)
    return Panel(
        key="removed",
        title="Taken out before check-out",
        note="How often, and of how many baskets that were ordered all the same.",
        headers=(*headers("Product", "Times", "Pieces", "Rest ordered"), Cell(text="")),
        rows=tuple(
            (
                Cell(text=named(row.stock_code, descriptions.get(row.stock_code, ""))),
                *map(figure, map(whole, (row.removals, row.pieces, row.from_ordered))),
                bar_cell(f"removed-{number}", row.removals, most),
            )
            for number, row in enumerate(rows)
        ),
    )


def unanswered(key: str, title: str) -> Panel:
    """Say that only events can tell, and that they do not just now."""
    return Panel(
        key=key,
        title=title,
        note="Only the service that holds all events can tell, and it does not answer just now.",
        headers=(),
        rows=(),
    )


def _count(value: float) -> str:
    return f"{value:g}"
