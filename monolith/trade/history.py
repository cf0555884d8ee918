"""What do all invoices together tell of the past? Products, customers and orders. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from event_contracts.order_history import CANCELLED
from monolith.catalogue.legacy import LegacyProduct
from monolith.customers.legacy import LegacyCustomer
from monolith.ordering.legacy import LegacyLine, LegacyOrder, LegacyReturn, LegacyReturnedLine
from monolith.trade.classification import RETURN, classify
from monolith.trade.list_prices import ListPrices
from monolith.trade.reversals import dispatch_due, settle
from monolith.trade.sold_goods import SoldGoods, goods_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.invoices import Invoice
    from monolith.trade.reporting import TradeReport
    from monolith.trade.reversals import Reversal

# What sold in this time lies on the shelves at the end: later trade rarely finds them empty.
_STOCKED_FOR = timedelta(weeks=26)
_LEAST_STOCK = 200


@dataclass(slots=True)
class _KnownProduct:
    first_sold_at: datetime
    descriptions: Counter[str] = field(default_factory=Counter)
    prices: dict[datetime, int] = field(default_factory=dict)
    sold: list[tuple[datetime, int]] = field(default_factory=list)


@dataclass(slots=True)
class _KnownOrder:
    invoice: Invoice
    cancelled_by: Invoice | None = None
    returns: list[tuple[Invoice, Reversal]] = field(default_factory=list)


class History:
    """The shop's past as the invoices tell it, in the order of trade."""

    def __init__(self, report: TradeReport) -> None:
        self._report = report
        self._sold = SoldGoods()
        self._prices = ListPrices()
        self._products: dict[str, _KnownProduct] = {}
        self._customers: dict[int, LegacyCustomer] = {}
        self._orders: dict[str, _KnownOrder] = {}
        self.invoices: list[tuple[str, datetime]] = []

    def add(self, invoice: Invoice) -> None:
        """Take an invoice into account and place its lines in the report."""
        self.invoices.append((invoice.number, invoice.at))
        self._see_customer(invoice)
        for line in invoice.lines:
            placement = classify(line)
            if placement is not RETURN:
                self._report.place(line, placement)
        if goods := goods_of(invoice):
            self._add_order(invoice, goods)
        if invoice.is_cancellation:
            self._add_cancellation(invoice)

    def has_order(self, invoice_number: str) -> bool:
        """Say whether an invoice became an order."""
        return invoice_number in self._orders

    def products(self) -> Iterator[LegacyProduct]:
        """Yield every product sold, with its list prices over time."""
        last = self.invoices[-1][1] if self.invoices else None
        for code, known in self._products.items():
            sold = [pieces for at, pieces in known.sold if last and at > last - _STOCKED_FOR]
            yield LegacyProduct(
                stock_code=code,
                description=known.descriptions.most_common(1)[0][0],
                listed_at=known.first_sold_at,
                prices=tuple(known.prices.items()),
                quantity=max(_LEAST_STOCK, sum(sold)),
            )

    def customers(self) -> Iterator[LegacyCustomer]:
        """Yield every customer seen, registered with their first invoice."""
        yield from self._customers.values()

    def orders(self) -> Iterator[LegacyOrder]:
        """Yield every order with what became of it."""
        for known in self._orders.values():
            yield _cancelled_order(known) if known.cancelled_by else _dispatched_order(known)

    def _see_customer(self, invoice: Invoice) -> None:
        number = invoice.customer_id
        if number is not None and number not in self._customers:
            self._customers[number] = LegacyCustomer(
                customer_id=number, country=invoice.country, registered_at=invoice.at
            )

    def _add_order(self, invoice: Invoice, goods: list[InvoiceLine]) -> None:
        self._orders[invoice.number] = _KnownOrder(invoice)
        self._sold.add(invoice)
        for line in goods:
            known = self._products.setdefault(line.stock_code, _KnownProduct(invoice.at))
            known.descriptions[line.description or line.stock_code] += 1
            known.sold.append((invoice.at, line.quantity))
            price_pence = self._prices.observe(line)
            if price_pence is not None:
                known.prices[invoice.at] = price_pence

    def _add_cancellation(self, invoice: Invoice) -> None:
        settlement = settle(invoice, self._sold)
        cancelled = {
            reversal.order_invoice
            for reversal in settlement.reversals
            if self._undo(invoice, reversal)
        }
        for line, match in settlement.matches:
            self._report.place(line, match.placement_given(cancelled))

    def _undo(self, invoice: Invoice, reversal: Reversal) -> bool:
        """Cancel an order, or note what came back of it; say whether it was cancelled."""
        known = self._orders[reversal.order_invoice]
        if reversal.is_whole_order and invoice.at < dispatch_due(known.invoice.at):
            known.cancelled_by = invoice
            return True
        known.returns.append((invoice, reversal))
        return False


def _lines(invoice: Invoice) -> tuple[LegacyLine, ...]:
    return tuple(
        LegacyLine(
            stock_code=line.stock_code,
            quantity=line.quantity,
            unit_price_pence=line.price.pence,
        )
        for line in goods_of(invoice)
    )


def _cancelled_order(known: _KnownOrder) -> LegacyOrder:
    invoice, cancelled_by = known.invoice, known.cancelled_by
    return LegacyOrder(
        number=invoice.number,
        customer_id=invoice.customer_id,
        country=invoice.country,
        placed_at=invoice.at,
        lines=_lines(invoice),
        status=CANCELLED,
        cancelled_at=cancelled_by.at if cancelled_by else None,
        cancel_reason=f"cancellation {cancelled_by.number}" if cancelled_by else "",
    )


def _dispatched_order(known: _KnownOrder) -> LegacyOrder:
    invoice, lines = known.invoice, _lines(known.invoice)
    first_return = [returned.at for returned, _ in known.returns[:1]]
    return LegacyOrder(
        number=invoice.number,
        customer_id=invoice.customer_id,
        country=invoice.country,
        placed_at=invoice.at,
        lines=lines,
        # Nothing comes back before it left.
        dispatched_at=min([dispatch_due(invoice.at), *first_return]),
        returns=tuple(_return(by, reversal, lines) for by, reversal in known.returns),
    )


def _return(by: Invoice, reversal: Reversal, lines: tuple[LegacyLine, ...]) -> LegacyReturn:
    pieces: dict[int, int] = defaultdict(int)
    for taken in reversal.taken_back:
        pieces[taken.position] += taken.quantity
    return LegacyReturn(
        number=by.number,
        issued_at=by.at,
        lines=tuple(
            LegacyReturnedLine(
                position=position,
                quantity=quantity,
                refund_pence=quantity * lines[position - 1].unit_price_pence,
            )
            for position, quantity in sorted(pieces.items())
        ),
    )
