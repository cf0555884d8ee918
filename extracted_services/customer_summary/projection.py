"""What an event changes in a customer's summary. Pure: no store, no clock.

No counter is ever added to. An order's row takes the place of the one before; the sum gives up what
that one contributed and takes in what the new one does; and both are written on condition that the
head is still the one of the version before.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from event_contracts.customer_summary import OrderMark
from event_contracts.order_history import CANCELLED
from event_contracts.ordering import (
    CustomerOrdersSnapshotTaken,
    ItemsReturned,
    OrderCancelled,
    OrderPlaced,
)
from event_contracts.registry import EVENT_TYPES
from event_contracts.streams import CUSTOMER, stream_key, stream_kind
from extracted_services.customer_summary.view import Kept, OrderRow, Row, SummaryRow, Touched
from extracted_services.read_models.projecting import Projection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from event_contracts.envelope import Envelope
    from event_contracts.ordering import OrderedLine, OrderRecord, ReturnedLine
    from extracted_services.customer_summary.view import Products
    from extracted_services.read_models.projecting import Decision, Head

READS = frozenset({"ordering"})
"""The apps whose facts matter here; those of others only move the version on."""

SNAPSHOTS = frozenset({EVENT_TYPES[CustomerOrdersSnapshotTaken]})
"""The snapshots that are taken over here; any other is left alone, known or not."""


class OrderUnknown(Exception):
    """The event changes an order that the complete copy does not have."""


def customer_of(envelope: Envelope) -> str | None:
    """Return whom an event is about: nobody, if its stream is not a customer's."""
    stream = envelope.stream
    return stream_key(stream) if stream_kind(stream) == CUSTOMER else None


def decide(envelope: Envelope, head: Head | None, touched: Callable[[], Touched]) -> Decision[Row]:
    """Decide what an event changes; `touched` tells what is kept, if the event is to be applied.

    Raises:
        VersionGap: the event is not the next one.
        OrderUnknown: it changes an order that was never placed.
    """

    def rows_after(event: Any, version: int) -> tuple[Row, ...]:
        return _rows_after(event, version, touched())

    return Projection(
        snapshot=CustomerOrdersSnapshotTaken, rows_of=_rows_of, rows_after=rows_after
    ).decide(envelope, head)


def _rows_of(snapshot: CustomerOrdersSnapshotTaken, version: int) -> tuple[Row, ...]:
    orders = tuple(map(_recorded, snapshot.orders))
    return (*orders, reduce(_with, orders, SummaryRow(version=version)))


def _rows_after(event: Any, version: int, touched: Touched) -> tuple[Row, ...]:
    summary = replace(touched.summary, version=version)
    match event:
        case OrderPlaced():
            order = _placed(event)
            return (order, _with(summary, order))
        case OrderCancelled():
            order = _known(touched, event)
            changed = replace(order, is_cancelled=True)
        case ItemsReturned():
            order = _known(touched, event)
            changed = _given_back(order, event)
        case _:
            return (summary,)
    return (changed, _with(_without(summary, order, touched), changed))


def _known(touched: Touched, event: OrderCancelled | ItemsReturned) -> OrderRow:
    if touched.order is None:
        raise OrderUnknown(f"order {event.order_number} was never placed")
    return touched.order


def _placed(event: OrderPlaced) -> OrderRow:
    return OrderRow(
        mark=OrderMark(order_number=event.order_number, placed_at=event.placed_at),
        ordered_pence=event.total_pence,
        products=_plus({}, _pieces(event.lines)),
    )


def _given_back(order: OrderRow, event: ItemsReturned) -> OrderRow:
    return replace(
        order,
        returned_pence=event.order_returned_pence,
        products=_minus(order.products, _returned(event.lines)),
    )


def _recorded(record: OrderRecord) -> OrderRow:
    returned = [_returned(each.lines) for each in record.returns]
    return OrderRow(
        mark=OrderMark(order_number=record.order_number, placed_at=record.placed_at),
        ordered_pence=sum(line.quantity * line.unit_price_pence for line in record.lines),
        returned_pence=sum(each.refund_pence for each in record.returns),
        products=reduce(_minus, returned, _plus({}, _pieces(record.lines))),
        is_cancelled=record.status == CANCELLED,
    )


def _with(summary: SummaryRow, order: OrderRow) -> SummaryRow:
    """Take in what an order contributes."""
    if order.is_cancelled:
        return replace(summary, cancelled_count=summary.cancelled_count + 1)
    return replace(
        summary,
        order_count=summary.order_count + 1,
        ordered_pence=summary.ordered_pence + order.ordered_pence,
        returned_pence=summary.returned_pence + order.returned_pence,
        first_order=min(filter(None, (summary.first_order, order.mark)), key=_place),
        last_order=max(filter(None, (summary.last_order, order.mark)), key=_place),
        products=_plus(summary.products, order.products.items()),
    )


def _without(summary: SummaryRow, order: OrderRow, touched: Touched) -> SummaryRow:
    """Give up what an order contributed."""
    if order.is_cancelled:
        return replace(summary, cancelled_count=summary.cancelled_count - 1)
    was_first, was_last = order.mark == summary.first_order, order.mark == summary.last_order
    return replace(
        summary,
        order_count=summary.order_count - 1,
        ordered_pence=summary.ordered_pence - order.ordered_pence,
        returned_pence=summary.returned_pence - order.returned_pence,
        first_order=touched.after if was_first else summary.first_order,
        last_order=touched.before if was_last else summary.last_order,
        products=_minus(
            summary.products, ((code, kept.pieces) for code, kept in order.products.items())
        ),
    )


def _place(mark: OrderMark) -> tuple[datetime, str]:
    return mark.placed_at, mark.order_number


def _pieces(lines: Iterable[OrderedLine]) -> Iterable[tuple[str, Kept]]:
    return (
        (line.stock_code, Kept(pieces=line.quantity, description=line.description))
        for line in lines
    )


def _returned(lines: Iterable[ReturnedLine]) -> Iterable[tuple[str, int]]:
    return ((line.stock_code, line.quantity) for line in lines)


def _plus(products: Products, more: Iterable[tuple[str, Kept]]) -> Products:
    total = dict(products)
    for code, kept in more:
        before = total[code].pieces if code in total else 0
        total[code] = replace(kept, pieces=before + kept.pieces)
    return total


def _minus(products: Products, fewer: Iterable[tuple[str, int]]) -> Products:
    total = dict(products)
    for code, pieces in fewer:
        left = total[code].pieces - pieces
        total[code] = replace(total[code], pieces=left)
        if not left:
            del total[code]
    return total
