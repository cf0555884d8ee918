"""Where did every line go? Counts lines by category and reason; nothing may be lost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monolith.trade.classification import Placement
    from monolith.trade.invoice_lines import InvoiceLine


class ReportDoesNotAddUp(Exception):
    """Lines were lost or counted twice: a fault of this program, not of the file."""

    def __init__(self, read: int, placed: int) -> None:
        super().__init__(f"{read} lines were read but {placed} are in the report")


@dataclass(slots=True)
class _Row:
    lines: int = 0
    first_line: int = 0


@dataclass(slots=True)
class TradeReport:
    """How many lines landed where, and what else was done, by name."""

    lines_read: int = 0
    rounded_prices: int = 0
    done: dict[str, int] = field(default_factory=dict)
    _rows: dict[Placement, _Row] = field(default_factory=dict)

    def reading(self, lines: Iterable[InvoiceLine]) -> Iterator[InvoiceLine]:
        """Count lines as they pass: what the placements have to add up to."""
        for line in lines:
            self.lines_read += 1
            self.rounded_prices += line.price.is_rounded
            yield line

    def place(self, line: InvoiceLine, placement: Placement) -> None:
        """Note where a line landed."""
        row = self._rows.setdefault(placement, _Row(first_line=line.line_number))
        row.lines += 1
        row.first_line = min(row.first_line, line.line_number)

    def place_all(self, lines: Iterable[InvoiceLine], placement: Placement) -> None:
        """Note that lines landed in one place."""
        for line in lines:
            self.place(line, placement)

    def count(self, what: str, times: int = 1) -> None:
        """Note something that was done."""
        self.done[what] = self.done.get(what, 0) + times

    def lines_in(self, category: str) -> int:
        """Return how many lines landed in a category."""
        return sum(row.lines for placed, row in self._rows.items() if placed.category == category)

    def check(self) -> None:
        """Make sure that every line read is in the report once.

        Raises:
            ReportDoesNotAddUp: it is not.
        """
        placed = sum(row.lines for row in self._rows.values())
        if placed != self.lines_read:
            raise ReportDoesNotAddUp(self.lines_read, placed)

    def as_json(self) -> dict[str, Any]:
        """Return the report in plain values.

        `{"lines_read", "rounded_prices", "done": {what: times},
        "placed": [{"category", "reason", "lines", "first_line"}]}`
        """
        placed = [
            {
                "category": str(placement.category),
                "reason": placement.reason,
                "lines": row.lines,
                "first_line": row.first_line,
            }
            for placement, row in sorted(self._rows.items())
        ]
        return {
            "lines_read": self.lines_read,
            "rounded_prices": self.rounded_prices,
            "done": self.done,
            "placed": placed,
        }

    def write(self, file: Path) -> None:
        """Keep the report as JSON."""
        file.write_text(json.dumps(self.as_json(), indent=2) + "\n")

    def __str__(self) -> str:
        return "\n".join(self._text_lines())

    def _text_lines(self) -> Iterator[str]:
        for placement, row in sorted(self._rows.items()):
            place = f"{placement.category}: {placement.reason}"
            yield f"{row.lines:>9,}  {place} (first: line {row.first_line:,})"
        yield f"{self.lines_read:>9,}  lines read, every one of them placed above"
        if self.rounded_prices:
            yield f"{self.rounded_prices:>9,}  prices finer than a penny, rounded half up"
        for what, times in self.done.items():
            yield f"{times:>9,}  {what}"
