"""Changes in ordering: filling a basket, placing orders and what becomes of them.

Locks are always taken in this order: the basket, the idempotency key, the order, stock by product
id, streams by name. Every operation owns its transaction; a rejected one leaves no trace.
"""

from __future__ import annotations

from monolith.catalogue.operations import InvalidPrice, OutOfStock
from monolith.catalogue.queries import ProductNotFound
from monolith.customers.queries import CustomerNotFound, UnknownCountry
from monolith.ordering.operations.baskets import (
    BasketEmpty,
    ProductNotInBasket,
    add_to_basket,
    check_out,
    set_basket_quantity,
)
from monolith.ordering.operations.fulfilment import (
    OrderAlreadyCancelled,
    OrderAlreadyDispatched,
    cancel_order,
    dispatch_order,
)
from monolith.ordering.operations.idempotency import IdempotencyKeyReused
from monolith.ordering.operations.placing import (
    DeliveryDetails,
    EmptyOrder,
    LineRequest,
    place_order,
)
from monolith.ordering.operations.quantities import InvalidQuantity
from monolith.ordering.operations.returns import (
    EmptyReturn,
    OrderNotDispatched,
    ReturnExceedsOrder,
    ReturnRequest,
    return_items,
)
from monolith.ordering.queries import OrderNotFound

__all__ = [
    "BasketEmpty",
    "CustomerNotFound",
    "DeliveryDetails",
    "EmptyOrder",
    "EmptyReturn",
    "IdempotencyKeyReused",
    "InvalidPrice",
    "InvalidQuantity",
    "LineRequest",
    "OrderAlreadyCancelled",
    "OrderAlreadyDispatched",
    "OrderNotDispatched",
    "OrderNotFound",
    "OutOfStock",
    "ProductNotFound",
    "ProductNotInBasket",
    "ReturnExceedsOrder",
    "ReturnRequest",
    "UnknownCountry",
    "add_to_basket",
    "cancel_order",
    "check_out",
    "dispatch_order",
    "place_order",
    "return_items",
    "set_basket_quantity",
]
