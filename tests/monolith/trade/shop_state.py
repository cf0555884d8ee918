"""All that trade changes in the shop, in a form that two shops can be compared by."""

from __future__ import annotations

from django.db import connection

from monolith.catalogue.models import Price, Product
from monolith.customers.models import Customer
from monolith.ordering.models import CreditNoteLine, Order, OrderLine
from monolith.outbox import recording
from monolith.trade.models import TakenInInvoice

# Numbers come from sequences, which leave gaps where something was rolled back.
_EVENTS = """
    select coalesce(o.idempotency_key, m.stream), m.version, m.event_type
    from outbox_message m
    left join ordering_order o on m.stream = 'guest-order/' || o.number
    order by 1, 2, 3
"""


def shop_state():
    """Return products, customers, orders, returns, progress and events."""
    recording.flush()
    return {
        "products": _rows(Product, "stock_code", "description", "listed_at", "stock__quantity"),
        "prices": _rows(Price, "product__stock_code", "effective_from", "amount_pence"),
        "customers": _rows(Customer, "id", "email", "country__name", "registered_at"),
        "orders": _rows(
            Order, "idempotency_key", "placed_at", "status", "dispatched_at", "cancelled_at"
        ),
        "lines": _rows(
            OrderLine,
            "order__idempotency_key",
            "position",
            "product__stock_code",
            "quantity",
            "unit_price_pence",
        ),
        "returned": _rows(
            CreditNoteLine,
            "credit_note__idempotency_key",
            "order_line__position",
            "quantity",
            "refund_pence",
        ),
        "taken in": _rows(TakenInInvoice, "number", "at", "dispatch_due_at", "undone_by"),
        "events": events(),
    }


def events():
    """Return (stream, version, event type) of everything recorded."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS)
        return cursor.fetchall()


def _rows(model, *columns):
    return list(model.objects.order_by(*columns).values_list(*columns))
