"""Which invoices of a file the shop has taken in: what makes loading and replaying resumable."""

from __future__ import annotations

from django.db import models


class TakenInInvoice(models.Model):
    """One invoice, and the order it became, written in the transaction that took it in."""

    number = models.CharField(max_length=32, db_collation="C")
    at = models.DateTimeField()
    # Empty for invoices without goods, cancellations, and orders that the shop refused.
    order_number = models.CharField(max_length=32, blank=True)
    # Present while the order's parcel has still to leave in the time of the trade.
    dispatch_due_at = models.DateTimeField(null=True, blank=True)
    # The cancellation that called the whole order off.
    undone_by = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="trade_invoice_number_unique"),
        ]
        indexes = [
            models.Index(
                fields=["dispatch_due_at", "number"],
                name="trade_invoice_parcels_due",
                condition=models.Q(dispatch_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"invoice {self.number}"
