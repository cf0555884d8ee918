"""Panels of the page, and the cells of their tables. Pure: no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from django.utils.html import format_html

from monolith.strangler.control_room.charts import Frame, Line, Part, bar
from monolith.strangler.control_room.formatting import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

    from event_contracts.sales_insights import Period

NUMBER = "num"
"""The look of a cell that holds a figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table; `look` is a class of the stylesheet."""

    text: str | SafeString
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question with its answer: a drawing, a table, or both; `note` says how it is counted.

    A table that only repeats the drawing `is_folded`. `source` says where the rows are from.
    """

    key: str
    title: str
    note: str
    headers: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawing: SafeString | str = ""
    is_folded: bool = False
    source: str = ""


def daily(name: str, look: str, values: Mapping[str, float], period: Period) -> Line:
    """Make a line of a value a day; without a value there is a gap."""
    points = [
        (datetime.combine(day, time(), UTC), values.get(day.isoformat())) for day in period.days
    ]
    return Line(name=name, look=look, points=points)


def headers(*names: str, words: int = 1) -> tuple[Cell, ...]:
    """Name the columns; but for the first `words`, they hold figures."""
    return tuple(
        Cell(text=name, look=NUMBER if number >= words else "") for number, name in enumerate(names)
    )


def figure(text: str) -> Cell:
    """Write a figure, to the right."""
    return Cell(text=text, look=NUMBER)


def bar_cell(key: str, value: int, most: int) -> Cell:
    """Draw how much a value is of the largest."""
    if value <= 0:
        return Cell(text="")
    frame = Frame(key=key, title=percent(value, most), description="of the largest")
    parts = [
        Part(name="this", look="good", count=value),
        Part(name="to the largest", look="rest", count=most - value),
    ]
    return Cell(text=bar(frame, parts, width=160, height=10), look="gauge-cell")


def named(code: str, description: str) -> SafeString:
    """Write a stock code with what it is called."""
    return format_html("{} <small>{}</small>", code, description)
