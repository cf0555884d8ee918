"""Which orders of the replayed trade wait for their parcels to leave, and sending them in time."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from django.db import transaction

from monolith.ordering.operations import (
    OrderAlreadyCancelled,
    OrderAlreadyDispatched,
    dispatch_order,
)
from monolith.trade.models import TakenInInvoice

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.trade.reporting import TradeReport


class WaitingParcels:
    """Orders by the instant their parcels leave, as the database knows them."""

    def __init__(self, report: TradeReport) -> None:
        self._report = report
        self._due: list[tuple[datetime, str]] = []
        for invoice in TakenInInvoice.objects.filter(dispatch_due_at__isnull=False):
            self.add(invoice)

    def add(self, invoice: TakenInInvoice) -> None:
        """Let a placed order wait."""
        if invoice.dispatch_due_at is not None:
            heapq.heappush(self._due, (invoice.dispatch_due_at, invoice.number))

    def dispatch_until(self, now: datetime) -> None:
        """Send what is due in the time of the trade."""
        while self._due and self._due[0][0] <= now:
            due, number = self._due[0]
            self.dispatch(number, at=due)
            heapq.heappop(self._due)

    @transaction.atomic
    def dispatch(self, number: str, *, at: datetime) -> None:
        """Send one order unless it was sent or called off before; repeating it is safe."""
        invoice = TakenInInvoice.objects.get(number=number)
        if invoice.dispatch_due_at is None:
            return
        try:
            dispatch_order(order_number=invoice.order_number, dispatched_at=at)
            self._report.count("orders dispatched")
        except (OrderAlreadyDispatched, OrderAlreadyCancelled):
            self._report.count("orders that staff had dispatched or cancelled")
        invoice.dispatch_due_at = None
        invoice.save(update_fields=["dispatch_due_at"])
