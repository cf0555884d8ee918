"""Short ways to say what happened to a customer, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from event_contracts.customers import CustomerRegistered
from event_contracts.envelope import Envelope
from event_contracts.order_history import ListedOrder, OrderHistoryQuery
from event_contracts.ordering import (
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderHistorySnapshotTaken,
    OrderPlaced,
)
from event_contracts.registry import event_type_of
from extracted_services.order_history.store import HistoryStore
from tests.extracted_services.read_models.in_memory_table import InMemoryTable

if TYPE_CHECKING:
    from uuid import UUID

ANNA = 17850
START = datetime(2011, 8, 1, 9, 0, tzinfo=UTC)


def in_memory_histories() -> HistoryStore:
    """Give a store of histories that lives as long as the process."""
    return HistoryStore(InMemoryTable())


def placed_at(number: int) -> datetime:
    """Give the instant at which order `number` is placed: an hour after the one before."""
    return START + timedelta(hours=number)


def order(number: int, status: str = "placed", returned_pence: int = 0) -> ListedOrder:
    return ListedOrder(
        customer_id=ANNA,
        order_number=_order_number(number),
        placed_at=placed_at(number),
        status=status,
        item_count=number,
        total_pence=100 * number,
        returned_pence=returned_pence,
    )


def registered(customer_id: int = ANNA) -> CustomerRegistered:
    return CustomerRegistered(customer_id=customer_id, country="France", registered_at=START)


def placed(number: int, customer_id: int | None = ANNA) -> OrderPlaced:
    return OrderPlaced(
        order_number=_order_number(number),
        customer_id=customer_id,
        placed_at=placed_at(number),
        country="France",
        lines=(),
        item_count=number,
        total_pence=100 * number,
    )


def dispatched(number: int) -> OrderDispatched:
    return OrderDispatched(
        order_number=_order_number(number),
        customer_id=ANNA,
        placed_at=placed_at(number),
        dispatched_at=placed_at(number + 1),
    )


def cancelled(number: int) -> OrderCancelled:
    return OrderCancelled(
        order_number=_order_number(number),
        customer_id=ANNA,
        placed_at=placed_at(number),
        cancelled_at=placed_at(number + 1),
        reason="changed my mind",
    )


def returned(number: int, order_returned_pence: int) -> ItemsReturned:
    return ItemsReturned(
        order_number=_order_number(number),
        customer_id=ANNA,
        placed_at=placed_at(number),
        credit_note_number=f"C{number}",
        returned_at=placed_at(number + 2),
        lines=(),
        refund_pence=order_returned_pence,
        order_returned_pence=order_returned_pence,
    )


def snapshot(*orders: ListedOrder, customer_id: int = ANNA) -> OrderHistorySnapshotTaken:
    rows = tuple(order.without_owner() for order in orders)
    return OrderHistorySnapshotTaken(customer_id=customer_id, orders=rows)


def envelope(
    version: int, data: Any, *, stream: str = f"customer/{ANNA}", event_id: UUID | None = None
) -> Envelope:
    return Envelope(
        event_id=event_id or uuid4(),
        event_type=event_type_of(data),
        stream=stream,
        version=version,
        occurred_at=START,
        data=data,
    )


def query(**asked: Any) -> OrderHistoryQuery:
    return OrderHistoryQuery(**({"customer_id": ANNA} | asked))


def _order_number(number: int) -> str:
    return f"B{number:06}"
