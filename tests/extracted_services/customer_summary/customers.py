"""Short ways to say what a customer ordered and sent back, for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from event_contracts.customer_summary import CustomerSummaryQuery, OrderMark
from event_contracts.ordering import (
    CustomerOrdersSnapshotTaken,
    ItemsReturned,
    OrderedLine,
    OrderPlaced,
    OrderRecord,
    ReturnedLine,
    ReturnRecord,
)
from extracted_services.customer_summary.handlers import project
from extracted_services.customer_summary.store import SummaryStore
from tests.extracted_services.order_history.histories import ANNA, envelope, placed_at
from tests.extracted_services.read_models.in_memory_table import InMemoryTable

CUSTOMER = str(ANNA)
TODAY = date(2011, 8, 2)
QUERY = CustomerSummaryQuery(customer_id=ANNA, on=TODAY)
PRICE_PENCE = 100


def in_memory_summaries() -> SummaryStore:
    return SummaryStore(InMemoryTable())


def order_number(number: int) -> str:
    return f"B{number:06}"


def mark(number: int) -> OrderMark:
    """Order `number` is placed an hour after the one before."""
    return OrderMark(order_number=order_number(number), placed_at=placed_at(number))


def placed(number: int, **pieces: int) -> OrderPlaced:
    """An order of so many pieces of each product, a pound a piece."""
    ordered = _ordered(pieces)
    return OrderPlaced(
        order_number=order_number(number),
        customer_id=ANNA,
        placed_at=placed_at(number),
        country="France",
        lines=ordered,
        item_count=sum(line.quantity for line in ordered),
        total_pence=sum(line.quantity * PRICE_PENCE for line in ordered),
    )


def returned(number: int, so_far_pence: int = 0, **pieces: int) -> ItemsReturned:
    """So many pieces of each product come back; `so_far_pence` were refunded before."""
    lines = _returned(pieces)
    refund_pence = sum(line.refund_pence for line in lines)
    return ItemsReturned(
        order_number=order_number(number),
        customer_id=ANNA,
        placed_at=placed_at(number),
        credit_note_number=f"C{number}",
        returned_at=placed_at(number + 2),
        lines=lines,
        refund_pence=refund_pence,
        order_returned_pence=so_far_pence + refund_pence,
    )


def record(number: int, status: str = "dispatched", back: Any = (), **pieces: int) -> OrderRecord:
    """A whole order; `back` are its returns, each as pieces of products."""
    returns = tuple(
        ReturnRecord(
            credit_note_number=f"C{serial}",
            returned_at=placed_at(number + 2),
            lines=_returned(each),
            refund_pence=sum(each.values()) * PRICE_PENCE,
        )
        for serial, each in enumerate(back)
    )
    return OrderRecord(
        order_number=order_number(number),
        placed_at=placed_at(number),
        country="France",
        status=status,
        lines=_ordered(pieces),
        returns=returns,
    )


def snapshot(*orders: OrderRecord) -> CustomerOrdersSnapshotTaken:
    return CustomerOrdersSnapshotTaken(customer_id=ANNA, orders=orders)


def tell(store: SummaryStore, *events: object) -> None:
    """Let events happen to Anna, one after the other, from the version on that was reached."""
    head = store.find_head(CUSTOMER)
    for version, event in enumerate(events, start=1 + (head.as_of if head else 0)):
        project(envelope(version, event), kept_in=store)


def _ordered(pieces: dict[str, int]) -> tuple[OrderedLine, ...]:
    return tuple(
        OrderedLine(
            stock_code=code,
            description=f"PRODUCT {code}",
            quantity=quantity,
            unit_price_pence=PRICE_PENCE,
        )
        for code, quantity in pieces.items()
    )


def _returned(pieces: dict[str, int]) -> tuple[ReturnedLine, ...]:
    return tuple(
        ReturnedLine(stock_code=code, quantity=quantity, refund_pence=quantity * PRICE_PENCE)
        for code, quantity in pieces.items()
    )
