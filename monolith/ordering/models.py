"""Baskets, orders and credit notes. Totals are not stored: reads join and add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q

from event_contracts.customers import Contact
from event_contracts.order_history import CANCELLED, DISPATCHED, PLACED

if TYPE_CHECKING:
    from datetime import datetime


class Basket(models.Model):
    """What a visitor means to buy; whoever holds the token holds the basket."""

    token = models.UUIDField()
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, null=True, blank=True
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token"], name="ordering_basket_token_unique"),
        ]

    def __str__(self) -> str:
        return f"basket {self.token}"


class BasketLine(models.Model):
    """So many pieces of one product in a basket."""

    basket = models.ForeignKey(
        Basket, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+")
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["basket", "product"], name="ordering_basket_line_one_per_product"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="ordering_basket_line_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class Order(models.Model):
    """An order, from the moment it is placed; the address is the one given then."""

    STATUSES: ClassVar = [(status, status.title()) for status in (PLACED, DISPATCHED, CANCELLED)]

    # Compared byte by byte, as every other reader of the history compares it.
    number = models.CharField(max_length=32, db_collation="C")
    customer = models.ForeignKey(
        "customers.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
    )
    country = models.ForeignKey("customers.Country", on_delete=models.PROTECT, related_name="+")
    recipient = models.CharField(max_length=120, blank=True)
    address = models.TextField(blank=True)
    guest_email = models.EmailField(max_length=150, blank=True)
    status = models.CharField(max_length=12, choices=STATUSES, default=PLACED)
    placed_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.TextField(blank=True)
    # Absent for orders of the old trade, so that "no key" may occur more than once.
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    request_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="ordering_order_number_unique"),
            models.UniqueConstraint(
                fields=["idempotency_key"], name="ordering_order_idempotency_key_unique"
            ),
            models.CheckConstraint(
                name="ordering_order_status_matches_instants",
                condition=(
                    Q(status=PLACED, dispatched_at=None, cancelled_at=None)
                    | Q(status=DISPATCHED, dispatched_at__isnull=False, cancelled_at=None)
                    | Q(status=CANCELLED, dispatched_at=None, cancelled_at__isnull=False)
                ),
            ),
        ]
        indexes = [
            models.Index(
                F("customer"),
                F("placed_at").desc(),
                F("number").desc(),
                name="ordering_order_history",
            ),
            models.Index(F("placed_at").desc(), F("id"), name="ordering_order_newest"),
        ]

    def __str__(self) -> str:
        return f"order {self.number}"

    @property
    def guest_contact(self) -> Contact | None:
        """Whom to write to about a guest's order, if they left an e-mail; nobody for a customer."""
        if self.customer_id is not None or not self.guest_email:
            return None
        return Contact(name=self.recipient, email=self.guest_email)

    def dispatch(self, *, at: datetime) -> None:
        """Note that the parcel left."""
        self.status = DISPATCHED
        self.dispatched_at = at
        self.save(update_fields=["status", "dispatched_at"])

    def cancel(self, *, at: datetime, reason: str) -> None:
        """Note that the order was called off, and why."""
        self.status = CANCELLED
        self.cancelled_at = at
        self.cancel_reason = reason
        self.save(update_fields=["status", "cancelled_at", "cancel_reason"])


class OrderLine(models.Model):
    """One line of an order, with the price agreed when it was placed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey("catalogue.Product", on_delete=models.PROTECT, related_name="+")
    position = models.IntegerField()
    quantity = models.IntegerField()
    unit_price_pence = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="ordering_order_line_position_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="ordering_order_line_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(unit_price_pence__gte=0), name="ordering_order_line_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id} at {self.unit_price_pence}p"


class CreditNote(models.Model):
    """Goods of one order that came back on one occasion."""

    number = models.CharField(max_length=32, db_collation="C")
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="credit_notes", db_index=False
    )
    issued_at = models.DateTimeField()
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    request_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            # One parcel of the old trade may undo parts of several orders under one number.
            models.UniqueConstraint(
                fields=["order", "number"], name="ordering_credit_note_number_unique"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], name="ordering_credit_note_idempotency_key_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"credit note {self.number}"


class CreditNoteLine(models.Model):
    """How much of one order line came back, and what was paid back for it."""

    credit_note = models.ForeignKey(
        CreditNote, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.CASCADE, related_name="credit_note_lines"
    )
    quantity = models.IntegerField()
    refund_pence = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credit_note", "order_line"],
                name="ordering_credit_note_line_one_per_order_line",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="ordering_credit_note_line_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(refund_pence__gte=0),
                name="ordering_credit_note_line_refund_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.order_line_id}"
