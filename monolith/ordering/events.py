"""What happened to an order, as the published language says it, and in whose stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from event_contracts.ordering import (
    BasketCheckedOut,
    BasketLineAdded,
    BasketLineChanged,
    BasketLineRemoved,
    ItemsReturned,
    OrderAnnounced,
    OrderCancelled,
    OrderDispatched,
    OrderedLine,
    OrderPlaced,
    ReturnedLine,
)
from event_contracts.streams import customer_stream, guest_order_stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monolith.ordering.models import Basket, BasketLine, CreditNote, Order


def stream_of(order: Order) -> str:
    """Return the stream of an order: its customer's, or its own for a guest."""
    if order.customer_id is None:
        return guest_order_stream(order.number)
    return customer_stream(order.customer_id)


def order_placed(order: Order, lines: Sequence[OrderedLine]) -> OrderPlaced:
    return OrderPlaced(
        order_number=order.number,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        country=order.country.name,
        lines=tuple(lines),
        item_count=sum(line.quantity for line in lines),
        total_pence=sum(line.quantity * line.unit_price_pence for line in lines),
        guest_contact=order.guest_contact,
    )


def order_announced(order: Order) -> OrderAnnounced:
    return OrderAnnounced(
        order_number=order.number, link=reverse("api:order-to-confirm", args=[order.number])
    )


def order_dispatched(order: Order, at: datetime) -> OrderDispatched:
    return OrderDispatched(
        order_number=order.number,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        dispatched_at=at,
    )


def order_cancelled(order: Order, at: datetime) -> OrderCancelled:
    return OrderCancelled(
        order_number=order.number,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        cancelled_at=at,
        reason=order.cancel_reason,
    )


def items_returned(
    note: CreditNote, lines: Sequence[ReturnedLine], *, order_returned_pence: int
) -> ItemsReturned:
    return ItemsReturned(
        order_number=note.order.number,
        customer_id=note.order.customer_id,
        placed_at=note.order.placed_at,
        credit_note_number=note.number,
        returned_at=note.issued_at,
        lines=tuple(lines),
        refund_pence=sum(line.refund_pence for line in lines),
        order_returned_pence=order_returned_pence,
    )


def basket_line_added(
    basket: Basket, line: BasketLine, *, stock_code: str, added_quantity: int, at: datetime
) -> BasketLineAdded:
    return BasketLineAdded(
        basket_id=basket.pk,
        customer_id=basket.customer_id,
        stock_code=stock_code,
        added_quantity=added_quantity,
        quantity=line.quantity,
        added_at=at,
    )


def basket_line_changed(
    basket: Basket, line: BasketLine, *, old_quantity: int, at: datetime
) -> BasketLineChanged:
    return BasketLineChanged(
        basket_id=basket.pk,
        customer_id=basket.customer_id,
        stock_code=line.product.stock_code,
        old_quantity=old_quantity,
        new_quantity=line.quantity,
        changed_at=at,
    )


def basket_line_removed(basket: Basket, line: BasketLine, at: datetime) -> BasketLineRemoved:
    return BasketLineRemoved(
        basket_id=basket.pk,
        customer_id=basket.customer_id,
        stock_code=line.product.stock_code,
        removed_quantity=line.quantity,
        removed_at=at,
    )


def basket_checked_out(
    basket: Basket, lines: Sequence[BasketLine], order: Order
) -> BasketCheckedOut:
    return BasketCheckedOut(
        basket_id=basket.pk,
        customer_id=order.customer_id,
        order_number=order.number,
        line_count=len(lines),
        item_count=sum(line.quantity for line in lines),
        checked_out_at=order.placed_at,
    )
