"""What does an invoice do to a shop that is open? The same operations as the web's carry it out.

Whatever is interrupted anywhere can be carried out again: what was done is not done twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from monolith.catalogue.operations import InvalidPrice, ProductNotFound
from monolith.customers.operations import (
    CustomerNumberTaken,
    EmailAlreadyRegistered,
    UnknownCountry,
)
from monolith.customers.queries import CustomerNotFound
from monolith.ordering.operations import (
    DeliveryDetails,
    IdempotencyKeyReused,
    InvalidQuantity,
    LineRequest,
    OutOfStock,
    place_order,
)
from monolith.trade.classification import Category, classify
from monolith.trade.furnishing import Furnishing
from monolith.trade.models import TakenInInvoice
from monolith.trade.outcomes import Outcome
from monolith.trade.parcels import WaitingParcels
from monolith.trade.reversals import dispatch_due
from monolith.trade.undoing import Undoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.invoices import Invoice
    from monolith.trade.reporting import TradeReport
    from monolith.trade.trade_memory import Plan

_REFUSALS = (
    CustomerNotFound,
    CustomerNumberTaken,
    EmailAlreadyRegistered,
    IdempotencyKeyReused,
    InvalidPrice,
    InvalidQuantity,
    ProductNotFound,
    UnknownCountry,
)


class LiveTrade:
    """The shop's side of a replay."""

    def __init__(self, report: TradeReport) -> None:
        self._report = report
        self._furnishing = Furnishing(report)
        self._parcels = WaitingParcels(report)
        self._undoing = Undoing(self._parcels, report)

    def carry_out(self, plan: Plan) -> Outcome:
        """Do what an invoice asks for, and note that it was taken in."""
        outcome = Outcome()
        self._parcels.dispatch_until(plan.invoice.at)
        self._undoing.carry_out(plan.invoice, plan.settlement.reversals, outcome)
        try:
            self._furnishing.prepare(plan)
            taken_in = self._take_in(plan.invoice, plan.goods)
        except _REFUSALS as refusal:
            outcome.order_refusal = type(refusal).__name__
            taken_in = self._take_in(plan.invoice, ())
        outcome.is_order = bool(taken_in.order_number)
        return outcome

    def _take_in(self, invoice: Invoice, goods: Sequence[InvoiceLine]) -> TakenInInvoice:
        while True:
            try:
                return self._take_in_at_once(invoice, goods)
            except OutOfStock as shortage:
                self._furnishing.deliver(shortage, at=invoice.at, for_invoice=invoice.number)

    def _take_in_at_once(self, invoice: Invoice, goods: Sequence[InvoiceLine]) -> TakenInInvoice:
        with transaction.atomic():
            earlier = TakenInInvoice.objects.filter(number=invoice.number).first()
            if earlier is not None:
                return earlier
            taken_in = TakenInInvoice(number=invoice.number, at=invoice.at)
            if goods:
                taken_in.order_number = _place(invoice, goods)
                taken_in.dispatch_due_at = dispatch_due(invoice.at)
            self._correct_stock(invoice)
            taken_in.save(force_insert=True)
        self._parcels.add(taken_in)
        if goods:
            self._report.count("orders placed")
        return taken_in

    def _correct_stock(self, invoice: Invoice) -> None:
        for line in invoice.lines:
            if classify(line).category is Category.STOCK_CORRECTION:
                self._furnishing.correct_stock(line)


def _place(invoice: Invoice, goods: Sequence[InvoiceLine]) -> str:
    customer = invoice.customer_id
    order = place_order(
        lines=[
            LineRequest(
                stock_code=line.stock_code,
                quantity=line.quantity,
                unit_price_pence=line.price.pence,
            )
            for line in goods
        ],
        customer_id=customer,
        # The file tells no more of where parcels go than the country.
        delivery=DeliveryDetails(
            recipient="Guest" if customer is None else f"Customer {customer}",
            line1="",
            city="",
            postcode="",
            country=invoice.country,
        ),
        placed_at=invoice.at,
        idempotency_key=f"online-retail:{invoice.number}",
    )
    return order.number
