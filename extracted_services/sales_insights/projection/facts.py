"""From events to rows. Pure.

A snapshot of orders is taken apart into the facts that it tells, for those that were never told by
events. Each fact has one name, whoever tells it, so that it counts once.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from event_contracts.ordering import (
    CustomerOrdersSnapshotTaken,
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderPlaced,
)
from event_contracts.registry import event_type_of
from event_contracts.strangler import HeartbeatSent
from extracted_services.sales_insights.view import row_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from event_contracts.envelope import Envelope
    from event_contracts.ordering import OrderRecord
    from extracted_services.sales_insights.view import Row

PATH = "sales_insights"
"""Whose heartbeats are listened to: those of other paths only wake their own services."""


def facts_of(envelope: Envelope) -> list[Row]:
    """Turn an event into rows: its own, and those of the facts that a snapshot of orders tells."""
    if isinstance(envelope.data, HeartbeatSent) and envelope.data.path != PATH:
        return []
    if not isinstance(envelope.data, CustomerOrdersSnapshotTaken):
        return [row_of(envelope, fact_id=_name_of(envelope.data))]
    told = [
        row_of(
            replace(envelope, event_type=event_type_of(fact), occurred_at=at, data=fact),
            fact_id=_name_of(fact),
        )
        for order in envelope.data.orders
        for at, fact in _facts_about(order, envelope.data.customer_id)
    ]
    return [row_of(envelope), *told]


def _facts_about(order: OrderRecord, customer_id: int | None) -> Iterator[tuple[datetime, Any]]:
    whose: Any = {
        "order_number": order.order_number,
        "customer_id": customer_id,
        "placed_at": order.placed_at,
    }
    yield (
        order.placed_at,
        OrderPlaced(
            **whose,
            country=order.country,
            lines=order.lines,
            item_count=sum(line.quantity for line in order.lines),
            total_pence=sum(line.quantity * line.unit_price_pence for line in order.lines),
        ),
    )
    if order.dispatched_at is not None:
        yield order.dispatched_at, OrderDispatched(**whose, dispatched_at=order.dispatched_at)
    if order.cancelled_at is not None:
        yield (
            order.cancelled_at,
            OrderCancelled(**whose, cancelled_at=order.cancelled_at, reason=order.cancel_reason),
        )
    refunds = accumulate(note.refund_pence for note in order.returns)
    for note, so_far in zip(order.returns, refunds, strict=True):
        yield (
            note.returned_at,
            ItemsReturned(
                **whose,
                credit_note_number=note.credit_note_number,
                returned_at=note.returned_at,
                lines=note.lines,
                refund_pence=note.refund_pence,
                order_returned_pence=so_far,
            ),
        )


def _name_of(fact: Any) -> str:
    match fact:
        case OrderPlaced() | OrderDispatched() | OrderCancelled():
            return f"{type(fact).__name__}/{fact.order_number}"
        case ItemsReturned():
            return f"{type(fact).__name__}/{fact.order_number}/{fact.credit_note_number}"
    return ""
