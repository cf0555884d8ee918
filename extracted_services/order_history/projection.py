"""What an event changes in a customer's history. Pure: no store, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from event_contracts.order_history import CANCELLED, DISPATCHED, PLACED, Cursor, ListedOrder
from event_contracts.ordering import (
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderHistorySnapshotTaken,
    OrderPlaced,
)
from event_contracts.registry import EVENT_TYPES
from event_contracts.streams import CUSTOMER, NOBODY, stream_key, stream_kind
from extracted_services.order_history.view import OrderRow, RowChange, RowUpdate
from extracted_services.read_models.projecting import Projection

if TYPE_CHECKING:
    from event_contracts.envelope import Envelope

READS = frozenset({"ordering"})
"""The apps whose facts matter here; those of others only move the version on."""

SNAPSHOTS = frozenset({EVENT_TYPES[OrderHistorySnapshotTaken]})
"""The snapshots that are taken over here; any other is left alone, known or not."""


def customer_of(envelope: Envelope) -> str | None:
    """Return whose history an event belongs to: nobody's, if its stream is not a customer's."""
    stream = envelope.stream
    return stream_key(stream) if stream_kind(stream) == CUSTOMER else None


def _rows_of(snapshot: OrderHistorySnapshotTaken, version: int) -> tuple[RowChange, ...]:
    owner = snapshot.customer_id
    return tuple(
        OrderRow(order=ListedOrder.of(order, customer_id=owner), version=version)
        for order in snapshot.orders
    )


def _rows_after(event: Any, version: int) -> tuple[RowChange, ...]:
    match event:
        case OrderPlaced():
            return (OrderRow(order=_listed(event), version=version),)
        case OrderDispatched():
            return (RowUpdate(place=_place(event), version=version, status=DISPATCHED),)
        case OrderCancelled():
            return (RowUpdate(place=_place(event), version=version, status=CANCELLED),)
        case ItemsReturned(order_returned_pence=returned):
            return (RowUpdate(place=_place(event), version=version, returned_pence=returned),)
    return ()


def _listed(event: OrderPlaced) -> ListedOrder:
    # Whose it is says the fact itself, not the stream that it came by: so they can disagree.
    return ListedOrder(
        customer_id=NOBODY if event.customer_id is None else event.customer_id,
        order_number=event.order_number,
        placed_at=event.placed_at,
        status=PLACED,
        item_count=event.item_count,
        total_pence=event.total_pence,
    )


def _place(event: OrderDispatched | OrderCancelled | ItemsReturned) -> Cursor:
    return Cursor(event.placed_at, event.order_number)


HISTORY = Projection(snapshot=OrderHistorySnapshotTaken, rows_of=_rows_of, rows_after=_rows_after)
