"""What does a product cost on the shelf? Invoices tell what was paid: large lots cost less. Pure.

The list price is the first one paid; it changes when three customers' lines in a row agree on
another. Guests pay the dot-com shop's prices, so theirs count only for the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monolith.trade.invoice_lines import InvoiceLine

IN_A_ROW = 3


@dataclass(slots=True)
class _Observed:
    pence: int
    candidate: int = 0
    seen: int = 0


class ListPrices:
    """The list price of every product so far, and what hints at a change."""

    def __init__(self) -> None:
        self._observed: dict[str, _Observed] = {}

    def observe(self, line: InvoiceLine) -> int | None:
        """Take a sale into account; return the product's new price in pence if it changes by it."""
        paid = line.price.pence
        known = self._observed.get(line.stock_code)
        if known is None:
            self._observed[line.stock_code] = _Observed(paid)
            return paid
        if line.customer_id is None or paid == known.pence:
            known.seen = 0 if line.customer_id is not None else known.seen
            return None
        known.seen = known.seen + 1 if paid == known.candidate else 1
        known.candidate = paid
        if known.seen < IN_A_ROW:
            return None
        known.pence, known.seen = paid, 0
        return paid

    def current(self, stock_code: str) -> int:
        """Return the list price in pence of a product that was sold before."""
        return self._observed[stock_code].pence
