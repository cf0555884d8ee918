"""Which orders does a return undo? The customer's newest ones with that product. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from monolith.trade.classification import CANCELLED, RETURN, SALE, Category, Placement, classify

if TYPE_CHECKING:
    from collections.abc import Collection

    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.invoices import Invoice


class TakenBack(NamedTuple):
    """Pieces of one line of an order that came back; `position` counts the order's lines from 1."""

    invoice: str
    position: int
    stock_code: str
    quantity: int


class Match(NamedTuple):
    """What one line of a return undoes, and how it is placed for it."""

    placement: Placement
    taken_back: tuple[TakenBack, ...]

    def placement_given(self, cancelled: Collection[str]) -> Placement:
        """Place the line, given the invoices of the orders that were cancelled for it."""
        invoices = {taken.invoice for taken in self.taken_back}
        return CANCELLED if invoices and invoices <= set(cancelled) else self.placement


@dataclass(slots=True)
class _Sold:
    invoice: str
    position: int
    left: int


class SoldGoods:
    """What was sold to whom and has not come back: about 200 bytes for every line sold."""

    def __init__(self) -> None:
        self._sold: dict[tuple[int, str], list[_Sold]] = defaultdict(list)
        self._pieces: dict[str, int] = {}

    def add(self, invoice: Invoice) -> None:
        """Note the goods of an order that was placed; guests' cannot be traced back to them."""
        if invoice.customer_id is None:
            return
        lines = goods_of(invoice)
        for position, line in enumerate(lines, start=1):
            entry = _Sold(invoice.number, position, line.quantity)
            self._sold[invoice.customer_id, line.stock_code].append(entry)
        self._pieces[invoice.number] = sum(line.quantity for line in lines)

    def take_back(self, line: InvoiceLine) -> Match:
        """Find the orders that a return line undoes, newest first, and note what came back."""
        if line.customer_id is None:
            return _unmatched("a guest: nobody's orders to look in")
        sold = self._sold.get((line.customer_id, line.stock_code))
        if sold is None:
            return _unmatched("this customer never bought this")
        taken = tuple(_take(sold, line, -line.quantity))
        found = sum(piece.quantity for piece in taken)
        if not found:
            return _unmatched("all this customer bought of this came back before")
        if found < -line.quantity:
            why = "more came back than this customer bought"
            return Match(Placement(Category.RETURN_PARTLY_MATCHED, why), taken)
        return Match(Placement(Category.RETURN_MATCHED, "orders found"), taken)

    def are_all_of(self, invoice: str, taken_back: list[TakenBack]) -> bool:
        """Say whether these pieces are every piece of an order."""
        return sum(taken.quantity for taken in taken_back) == self._pieces[invoice]


def goods_of(invoice: Invoice) -> list[InvoiceLine]:
    """Return the lines of an invoice that become an order's, in their order."""
    return [line for line in invoice.lines if classify(line).category is SALE.category]


def returns_of(invoice: Invoice) -> list[InvoiceLine]:
    """Return the lines of an invoice that take goods back."""
    return [line for line in invoice.lines if classify(line) is RETURN]


def _unmatched(why: str) -> Match:
    return Match(Placement(Category.RETURN_UNMATCHED, why), ())


def _take(sold: list[_Sold], line: InvoiceLine, wanted: int) -> list[TakenBack]:
    taken = []
    for entry in reversed(sold):
        quantity = min(wanted, entry.left)
        if quantity:
            entry.left -= quantity
            wanted -= quantity
            taken.append(TakenBack(entry.invoice, entry.position, line.stock_code, quantity))
    return taken
