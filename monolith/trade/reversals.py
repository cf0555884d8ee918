"""What does a cancellation invoice undo: whole orders, or some of their goods? Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.trade.sold_goods import returns_of

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.invoices import Invoice
    from monolith.trade.sold_goods import Match, SoldGoods, TakenBack

# The file does not tell when parcels left: three hours after the order, then and now.
_PACKING_TIME = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Reversal:
    """What came back of one order, named by its invoice."""

    order_invoice: str
    taken_back: tuple[TakenBack, ...]
    is_whole_order: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """All that one cancellation invoice undoes."""

    matches: tuple[tuple[InvoiceLine, Match], ...]
    reversals: tuple[Reversal, ...]


def dispatch_due(placed_at: datetime) -> datetime:
    """Return when the parcel of an order leaves."""
    return placed_at + _PACKING_TIME


def settle(invoice: Invoice, sold: SoldGoods) -> Settlement:
    """Find what an invoice undoes and note it among the sold goods: once for each invoice."""
    matches = tuple((line, sold.take_back(line)) for line in returns_of(invoice))
    by_order: dict[str, list[TakenBack]] = defaultdict(list)
    for _, match in matches:
        for taken in match.taken_back:
            by_order[taken.invoice].append(taken)
    reversals = tuple(
        Reversal(order, tuple(taken), sold.are_all_of(order, taken))
        for order, taken in sorted(by_order.items())
    )
    return Settlement(matches, reversals)
