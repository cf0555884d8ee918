"""What an event changes in a stream's orders. Pure: no store, no clock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from event_contracts.order_history import CANCELLED, DISPATCHED, PLACED
from event_contracts.ordering import (
    CustomerOrdersSnapshotTaken,
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderPlaced,
    OrderRecord,
    ReturnRecord,
)
from event_contracts.registry import EVENT_TYPES
from event_contracts.streams import CUSTOMER, GUEST_ORDER, stream_kind
from extracted_services.order_detail.view import OrderRow, ReturnRow, RowChange, StatusUpdate
from extracted_services.read_models.projecting import Projection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_contracts.envelope import Envelope

READS = frozenset({"ordering"})
"""The apps whose facts matter here; those of others only move the version on."""

SNAPSHOTS = frozenset({EVENT_TYPES[CustomerOrdersSnapshotTaken]})
"""The snapshots that are taken over here; any other is left alone, known or not."""

STREAM_KINDS = frozenset({CUSTOMER, GUEST_ORDER})
"""On whose streams orders travel."""


class PositionMissing(Exception):
    """A return of before lines had positions cannot be told apart: a snapshot has to state it."""

    def __init__(self, credit_note_number: str) -> None:
        super().__init__(f"{credit_note_number}: a returned line without its position")


def stream_of(envelope: Envelope) -> str | None:
    """Return whose copy an event belongs to; nobody's, if no orders travel on its stream."""
    return envelope.stream if stream_kind(envelope.stream) in STREAM_KINDS else None


def _rows_of(snapshot: CustomerOrdersSnapshotTaken, version: int) -> tuple[RowChange, ...]:
    return tuple(row for order in snapshot.orders for row in _rows(order, version))


def _rows(order: OrderRecord, version: int) -> Iterator[RowChange]:
    yield OrderRow(order=replace(order, returns=()), version=version)
    for returned in order.returns:
        yield ReturnRow(order_number=order.order_number, returned=returned, version=version)


def _rows_after(event: Any, version: int) -> tuple[RowChange, ...]:
    match event:
        case OrderPlaced():
            return (OrderRow(order=_placed(event), version=version),)
        case OrderDispatched():
            return (_dispatched(event, version),)
        case OrderCancelled():
            return (_cancelled(event, version),)
        case ItemsReturned():
            returned = _returned(event)
            return (ReturnRow(order_number=event.order_number, returned=returned, version=version),)
    return ()


def _placed(event: OrderPlaced) -> OrderRecord:
    return OrderRecord(
        order_number=event.order_number,
        placed_at=event.placed_at,
        country=event.country,
        status=PLACED,
        lines=event.lines,
    )


def _dispatched(event: OrderDispatched, version: int) -> StatusUpdate:
    return StatusUpdate(
        order_number=event.order_number,
        version=version,
        status=DISPATCHED,
        dispatched_at=event.dispatched_at,
    )


def _cancelled(event: OrderCancelled, version: int) -> StatusUpdate:
    return StatusUpdate(
        order_number=event.order_number,
        version=version,
        status=CANCELLED,
        cancelled_at=event.cancelled_at,
        cancel_reason=event.reason,
    )


def _returned(event: ItemsReturned) -> ReturnRecord:
    if any(line.position is None for line in event.lines):
        raise PositionMissing(event.credit_note_number)
    return ReturnRecord(
        credit_note_number=event.credit_note_number,
        returned_at=event.returned_at,
        lines=event.lines,
        refund_pence=event.refund_pence,
    )


ORDERS = Projection(
    snapshot=CustomerOrdersSnapshotTaken,
    rows_of=_rows_of,
    rows_after=_rows_after,
    # Customers and guests' orders are numbered alike: the key alone would not tell them apart.
    key_of=str,
)
