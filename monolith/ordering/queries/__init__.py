"""Reads of ordering: one order, a customer's history, a basket."""

from __future__ import annotations

from monolith.customers.queries import list_customer_ids
from monolith.ordering.queries.baskets import (
    BasketItem,
    BasketView,
    find_customer_basket,
    get_basket,
)
from monolith.ordering.queries.confirmations import get_order_to_confirm
from monolith.ordering.queries.history import (
    find_busiest_customer_id,
    list_order_summaries,
    list_orders_for_customer,
)
from monolith.ordering.queries.orders import (
    CreditNoteDetail,
    OrderDetail,
    OrderedItem,
    OrderNotFound,
    StatusChange,
    get_order,
)
from monolith.ordering.queries.records import get_orders_snapshot

__all__ = [
    "BasketItem",
    "BasketView",
    "CreditNoteDetail",
    "OrderDetail",
    "OrderNotFound",
    "OrderedItem",
    "StatusChange",
    "find_busiest_customer_id",
    "find_customer_basket",
    "get_basket",
    "get_order",
    "get_order_to_confirm",
    "get_orders_snapshot",
    "list_customer_ids",
    "list_order_summaries",
    "list_orders_for_customer",
]
