"""Short ways to say what happened to orders, for tests of the service that keeps them whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from event_contracts.ordering import (
    CustomerOrdersSnapshotTaken,
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderedLine,
    OrderPlaced,
    OrderRecord,
    ReturnedLine,
    ReturnRecord,
)
from event_contracts.streams import customer_stream, guest_order_stream
from extracted_services.order_detail.store import OrderStore
from tests.extracted_services.order_history.histories import ANNA, envelope, registered
from tests.extracted_services.read_models.in_memory_table import InMemoryTable

__all__ = ["ANNA", "envelope", "registered"]

STREAM = customer_stream(ANNA)
START = datetime(2011, 8, 1, 9, 0, tzinfo=UTC)
HEARTS = OrderedLine(
    stock_code="85123A", description="WHITE HEART", quantity=6, unit_price_pence=255
)
BOTTLES = OrderedLine(
    stock_code="84029G", description="HOT WATER BOTTLE — “CAFÉ”", quantity=2, unit_price_pence=339
)


def in_memory_orders() -> OrderStore:
    return OrderStore(InMemoryTable())


def at(number: int, hours: int = 0) -> datetime:
    return START + timedelta(days=number, hours=hours)


def named(number: int) -> str:
    return f"B{number}"


def order(number: int, **changed: Any) -> OrderRecord:
    record = OrderRecord(
        order_number=named(number),
        placed_at=at(number),
        country="France",
        status="placed",
        lines=(HEARTS, BOTTLES, HEARTS),
    )
    return replace(record, **changed)


def dispatched_order(number: int, **changed: Any) -> OrderRecord:
    return order(number, status="dispatched", dispatched_at=at(number, hours=1), **changed)


def cancelled_order(number: int) -> OrderRecord:
    return order(
        number,
        status="cancelled",
        cancelled_at=at(number, hours=1),
        cancel_reason="changed my mind",
    )


def note(number: int = 1, *, position: int | None = 1, hours: int = 2) -> ReturnRecord:
    line = ReturnedLine(stock_code="85123A", quantity=1, refund_pence=255, position=position)
    return ReturnRecord(
        credit_note_number=f"CN{number}",
        returned_at=START + timedelta(days=30, hours=hours),
        lines=(line,),
        refund_pence=255,
    )


def placed(number: int, customer_id: int | None = ANNA) -> OrderPlaced:
    lines = order(number).lines
    return OrderPlaced(
        order_number=named(number),
        customer_id=customer_id,
        placed_at=at(number),
        country="France",
        lines=lines,
        item_count=sum(line.quantity for line in lines),
        total_pence=sum(line.quantity * line.unit_price_pence for line in lines),
    )


def dispatched(number: int) -> OrderDispatched:
    return OrderDispatched(
        order_number=named(number),
        customer_id=ANNA,
        placed_at=at(number),
        dispatched_at=at(number, hours=1),
    )


def cancelled(number: int) -> OrderCancelled:
    return OrderCancelled(
        order_number=named(number),
        customer_id=ANNA,
        placed_at=at(number),
        cancelled_at=at(number, hours=1),
        reason="changed my mind",
    )


def returned(number: int, given: ReturnRecord) -> ItemsReturned:
    return ItemsReturned(
        order_number=named(number),
        customer_id=ANNA,
        placed_at=at(number),
        credit_note_number=given.credit_note_number,
        returned_at=given.returned_at,
        lines=given.lines,
        refund_pence=given.refund_pence,
        order_returned_pence=given.refund_pence,
    )


def snapshot(*orders: OrderRecord, customer_id: int | None = ANNA) -> CustomerOrdersSnapshotTaken:
    return CustomerOrdersSnapshotTaken(customer_id=customer_id, orders=orders)


def guest_stream(number: int) -> str:
    return guest_order_stream(named(number))
