"""Undoing replayed orders: called off before the parcel leaves, returned after. Repeatable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from monolith.ordering.operations import (
    IdempotencyKeyReused,
    InvalidQuantity,
    OrderAlreadyCancelled,
    OrderAlreadyDispatched,
    OrderNotDispatched,
    OrderNotFound,
    ReturnExceedsOrder,
    ReturnRequest,
    cancel_order,
    return_items,
)
from monolith.trade.models import TakenInInvoice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monolith.trade.invoices import Invoice
    from monolith.trade.outcomes import Outcome
    from monolith.trade.parcels import WaitingParcels
    from monolith.trade.reporting import TradeReport
    from monolith.trade.reversals import Reversal

_REFUSALS = (
    IdempotencyKeyReused,
    InvalidQuantity,
    OrderNotDispatched,
    OrderNotFound,
    ReturnExceedsOrder,
)


class Undoing:
    """Carries out what cancellation invoices undo."""

    def __init__(self, parcels: WaitingParcels, report: TradeReport) -> None:
        self._parcels = parcels
        self._report = report

    def carry_out(self, invoice: Invoice, reversals: Iterable[Reversal], outcome: Outcome) -> None:
        """Cancel or take back, order by order, and note what the shop refused."""
        for reversal in reversals:
            try:
                self._carry_out_one(invoice, reversal, outcome)
            except _REFUSALS as refusal:
                outcome.return_refusals[reversal.order_invoice] = type(refusal).__name__

    def _carry_out_one(self, invoice: Invoice, reversal: Reversal, outcome: Outcome) -> None:
        order = TakenInInvoice.objects.get(number=reversal.order_invoice)
        if reversal.is_whole_order and self._cancel(order, invoice):
            outcome.cancelled.add(order.number)
            return
        # Nothing comes back before it left.
        self._parcels.dispatch(order.number, at=invoice.at)
        return_items(
            order_number=order.order_number,
            lines=[
                ReturnRequest(stock_code=taken.stock_code, quantity=taken.quantity)
                for taken in reversal.taken_back
            ],
            returned_at=invoice.at,
            idempotency_key=f"online-retail:{invoice.number}:{order.number}",
        )
        self._report.count("returns taken back")

    @transaction.atomic
    def _cancel(self, order: TakenInInvoice, invoice: Invoice) -> bool:
        """Call an order off unless its parcel left; say whether it is called off."""
        if order.dispatch_due_at is None:
            return order.undone_by == invoice.number
        try:
            cancel_order(
                order_number=order.order_number,
                cancelled_at=invoice.at,
                reason=f"cancellation {invoice.number}",
            )
            self._report.count("orders cancelled")
        except OrderAlreadyDispatched:
            return False
        except OrderAlreadyCancelled:
            self._report.count("orders that staff had dispatched or cancelled")
        order.undone_by, order.dispatch_due_at = invoice.number, None
        order.save(update_fields=["undone_by", "dispatch_due_at"])
        return True
