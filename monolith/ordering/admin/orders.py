"""Orders for staff: the list, and one order with its lines and money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast
from unfold.decorators import display

from monolith.ordering.admin import tables
from monolith.ordering.admin.handling import OrderHandling
from monolith.ordering.models import CreditNoteLine, Order, OrderLine
from monolith.ordering.queries import get_order
from monolith.staff.wording import pounds

if TYPE_CHECKING:
    from django.http import HttpRequest

    from monolith.staff.operated import Table

_BIG = BigIntegerField()


@admin.register(Order)
class OrderAdmin(OrderHandling):
    """Orders; they come from customers and are never deleted."""

    list_display = ("number", "placed_at", "buyer", "country", "shown_status", "total", "refunded")
    list_select_related = ("customer", "country")
    list_filter = ("status", "placed_at", "country")
    date_hierarchy = "placed_at"
    search_fields = ("=number", "=customer__id", "customer__name", "guest_email")
    search_help_text = "an order's or a customer's number, part of a name or of a guest's e-mail"
    ordering = ("-placed_at", "id")
    fields = (
        ("number", "shown_status"),
        ("placed_at", "dispatched_at"),
        ("cancelled_at", "cancel_reason"),
        ("customer", "guest_email"),
        ("recipient", "country"),
        "address",
        ("total", "refunded"),
    )
    readonly_fields = ("shown_status", "total", "refunded")
    list_disable_select_all = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Add the money: what each order cost, and what was paid back."""
        price = Cast("quantity", _BIG) * F("unit_price_pence")
        lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
        refunds = CreditNoteLine.objects.filter(credit_note__order=OuterRef("pk")).order_by()
        found: QuerySet[Order] = super().get_queryset(request)
        return found.annotate(
            total_pence=Subquery(lines.annotate(sum=Sum(price)).values("sum")),
            refunded_pence=Subquery(
                refunds.values("credit_note__order").annotate(sum=Sum("refund_pence")).values("sum")
            ),
        )

    def tables_of(self, row: Order) -> list[Table]:
        """Show lines and credit notes."""
        return tables.tables_of(get_order(row.number))

    @admin.display(description="buyer", ordering="customer__name")
    def buyer(self, order: Order) -> str:
        """Show the customer, or a guest's e-mail."""
        return str(order.customer) if order.customer else order.guest_email or "a guest"

    @display(  # type: ignore[untyped-decorator]
        description="status",
        ordering="status",
        label={"Placed": "info", "Dispatched": "success", "Cancelled": "danger"},
    )
    def shown_status(self, order: Order) -> str:
        """Show the status in its colour."""
        return order.get_status_display()

    @admin.display(description="total")
    def total(self, order: Any) -> str:
        """Show what the order cost."""
        return pounds(order.total_pence or 0)

    @admin.display(description="refunded")
    def refunded(self, order: Any) -> str:
        """Show what was paid back."""
        return pounds(order.refunded_pence) if order.refunded_pence else "-"
