"""Reads of ordering: one order, a customer's history and summary, a basket."""

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
    Delivery,
    OrderDetail,
    OrderedItem,
    OrderNotFound,
    StatusChange,
    get_delivery,
    get_order,
    whole_order,
)
from monolith.ordering.queries.records import get_order_detail, get_orders_snapshot
from monolith.ordering.queries.summary import get_customer_summary
from monolith.ordering.queries.trade_counts import count_trade
from monolith.ordering.queries.walking import (
    count_guest_orders,
    known_guest_orders,
    list_guest_orders,
    list_sample_orders,
)

__all__ = [
    "BasketItem",
    "BasketView",
    "CreditNoteDetail",
    "Delivery",
    "OrderDetail",
    "OrderNotFound",
    "OrderedItem",
    "StatusChange",
    "count_guest_orders",
    "count_trade",
    "find_busiest_customer_id",
    "find_customer_basket",
    "get_basket",
    "get_customer_summary",
    "get_delivery",
    "get_order",
    "get_order_detail",
    "get_order_to_confirm",
    "get_orders_snapshot",
    "known_guest_orders",
    "list_customer_ids",
    "list_guest_orders",
    "list_order_summaries",
    "list_orders_for_customer",
    "list_sample_orders",
    "whole_order",
]
