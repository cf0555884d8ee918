"""What there is to confirm about an order: asked by the service that writes the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.order_confirmation import OrderToConfirm
from event_contracts.ordering import OrderedLine
from monolith.customers.queries import find_contact
from monolith.ordering.models import Order
from monolith.ordering.queries.orders import OrderNotFound, orders_numbered

if TYPE_CHECKING:
    from event_contracts.customers import Contact


def get_order_to_confirm(order_number: str) -> OrderToConfirm:
    """Return what a letter about an order needs, as things stand now.

    Raises:
        OrderNotFound: no order has this number.
    """
    try:
        order = orders_numbered(order_number).get()
    except Order.DoesNotExist:
        raise OrderNotFound(order_number) from None
    return OrderToConfirm(
        order_number=order.number,
        placed_at=order.placed_at,
        status=order.status,
        lines=_lines(order),
        contact=_contact(order),
    )


def _lines(order: Order) -> tuple[OrderedLine, ...]:
    lines = order.lines.select_related("product").defer("product__search").order_by("position")
    return tuple(
        OrderedLine(
            stock_code=line.product.stock_code,
            description=line.product.description,
            quantity=line.quantity,
            unit_price_pence=line.unit_price_pence,
        )
        for line in lines
    )


def _contact(order: Order) -> Contact | None:
    if order.customer_id is None:
        return order.guest_contact
    return find_contact(customer_id=order.customer_id)
