"""What becomes of an order: its parcel leaves, or it is called off before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from event_contracts.order_history import CANCELLED, DISPATCHED
from monolith.catalogue.operations import return_stock
from monolith.ordering import events
from monolith.ordering.models import Order
from monolith.ordering.operations.announcing import announce
from monolith.ordering.queries.orders import OrderNotFound, orders_numbered

if TYPE_CHECKING:
    from datetime import datetime


class OrderAlreadyDispatched(Exception):
    """The parcel has left."""

    def __init__(self, order_number: str) -> None:
        super().__init__(f"order {order_number} was dispatched already")


class OrderAlreadyCancelled(Exception):
    """The order was called off."""

    def __init__(self, order_number: str) -> None:
        super().__init__(f"order {order_number} was cancelled already")


@transaction.atomic
def dispatch_order(*, order_number: str, dispatched_at: datetime) -> Order:
    """Send the parcel of a placed order.

    Raises:
        OrderAlreadyCancelled: there is nothing to send.
        OrderAlreadyDispatched: it was sent before.
        OrderNotFound: no order has this number.
    """
    order = _lock_open_order(order_number)
    order.dispatch(at=dispatched_at)
    dispatched = events.order_dispatched(order, dispatched_at)
    announce({events.stream_of(order): dispatched}, at=dispatched_at)
    return order


@transaction.atomic
def cancel_order(*, order_number: str, cancelled_at: datetime, reason: str) -> Order:
    """Call off an order whose parcel has not left; its goods go back on the shelf.

    Raises:
        OrderAlreadyCancelled: it was called off before.
        OrderAlreadyDispatched: the parcel has left: goods can only be returned.
        OrderNotFound: no order has this number.
    """
    order = _lock_open_order(order_number)
    order.cancel(at=cancelled_at, reason=reason)
    crossings = return_stock(quantities=_pieces_by_product(order), returned_at=cancelled_at)
    cancelled = events.order_cancelled(order, cancelled_at)
    announce({**crossings, events.stream_of(order): cancelled}, at=cancelled_at)
    return order


def lock_order(order_number: str) -> Order:
    """Return an order under its row lock, which comes before any lock on stock.

    Raises:
        OrderNotFound: no order has this number.
    """
    try:
        return orders_numbered(order_number).select_for_update(no_key=True).get()
    except Order.DoesNotExist:
        raise OrderNotFound(order_number) from None


def _lock_open_order(order_number: str) -> Order:
    order = lock_order(order_number)
    if order.status == DISPATCHED:
        raise OrderAlreadyDispatched(order_number)
    if order.status == CANCELLED:
        raise OrderAlreadyCancelled(order_number)
    return order


def _pieces_by_product(order: Order) -> dict[int, int]:
    pieces = order.lines.values("product_id").annotate(pieces=Sum("quantity"))
    return dict(pieces.order_by("product_id").values_list("product_id", "pieces"))
