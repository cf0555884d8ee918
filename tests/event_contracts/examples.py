"""One envelope of every event, with fixed values: what the golden files were written from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from event_contracts import streams
from event_contracts.catalogue import (
    PriceChanged,
    PricePoint,
    ProductBecameAvailable,
    ProductListed,
    ProductSnapshotTaken,
    ProductSoldOut,
    ProductTradeCounted,
)
from event_contracts.customers import (
    Contact,
    ContactSnapshotTaken,
    CustomerDetailsChanged,
    CustomerRegistered,
)
from event_contracts.envelope import Envelope
from event_contracts.order_history import OrderSummary
from event_contracts.ordering import (
    BasketCheckedOut,
    BasketLineAdded,
    BasketLineChanged,
    BasketLineRemoved,
    CustomerOrdersSnapshotTaken,
    ItemsReturned,
    OrderAnnounced,
    OrderCancelled,
    OrderDispatched,
    OrderedLine,
    OrderHistorySnapshotTaken,
    OrderPlaced,
    OrderRecord,
    ReturnedLine,
    ReturnRecord,
)
from event_contracts.outbox import EventSkipped
from event_contracts.registry import event_type_of
from event_contracts.strangler import HeartbeatSent

CUSTOMER_ID = 17850
BASKET_ID = 4711
PLACED_AT = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

LANTERN = OrderedLine(
    stock_code="85123A",
    description="WHITE HANGING HEART T-LIGHT HOLDER",
    quantity=6,
    unit_price_pence=255,
)
BOTTLE = OrderedLine(
    stock_code="84029G",
    description="KNITTED UNION FLAG HOT WATER BOTTLE — “CAFÉ”",
    quantity=2,
    unit_price_pence=339,
)
CONTACT = Contact(name="Zoë Archer", email="zoe@example.com")
HEARTS_BACK = ReturnedLine(stock_code="85123A", quantity=2, refund_pence=510, position=1)
EVENTS: tuple[Any, ...] = (
    ProductListed(
        stock_code="85123A",
        description="WHITE HANGING HEART T-LIGHT HOLDER",
        price_pence=255,
        is_available=True,
        listed_at=PLACED_AT,
    ),
    PriceChanged(
        stock_code="85123A",
        old_price_pence=255,
        new_price_pence=295,
        effective_at=PLACED_AT + timedelta(days=1),
    ),
    ProductSoldOut(stock_code="85123A", sold_out_at=PLACED_AT),
    ProductBecameAvailable(stock_code="85123A", available_at=PLACED_AT),
    CustomerRegistered(
        customer_id=CUSTOMER_ID,
        country="United Kingdom",
        registered_at=PLACED_AT,
        contact=CONTACT,
    ),
    CustomerDetailsChanged(
        customer_id=CUSTOMER_ID,
        country="France",
        changed=("country", "address"),
        changed_at=PLACED_AT,
        contact=CONTACT,
    ),
    OrderPlaced(
        order_number="B100001",
        customer_id=CUSTOMER_ID,
        placed_at=PLACED_AT,
        country="United Kingdom",
        lines=(LANTERN, BOTTLE),
        item_count=8,
        total_pence=2208,
    ),
    OrderDispatched(
        order_number="B100001",
        customer_id=CUSTOMER_ID,
        placed_at=PLACED_AT,
        dispatched_at=PLACED_AT + timedelta(hours=5, microseconds=120_000),
    ),
    OrderCancelled(
        order_number="B100002",
        customer_id=None,
        placed_at=PLACED_AT,
        cancelled_at=PLACED_AT + timedelta(hours=1),
        reason="changed my mind",
    ),
    ItemsReturned(
        order_number="B100001",
        customer_id=CUSTOMER_ID,
        placed_at=PLACED_AT,
        credit_note_number="C100001",
        returned_at=PLACED_AT + timedelta(days=7),
        lines=(HEARTS_BACK,),
        refund_pence=510,
        order_returned_pence=849,
    ),
    OrderHistorySnapshotTaken(
        customer_id=CUSTOMER_ID,
        orders=(
            OrderSummary(
                order_number="536365",
                placed_at=PLACED_AT,
                status="dispatched",
                item_count=40,
                total_pence=13912,
                returned_pence=510,
            ),
        ),
    ),
    EventSkipped(skipped_type="ordering.order_placed.v1"),
    HeartbeatSent(path="order_history", sent_at=PLACED_AT + timedelta(microseconds=250_000)),
    CustomerOrdersSnapshotTaken(
        customer_id=CUSTOMER_ID,
        orders=(
            OrderRecord(
                order_number="B100001",
                placed_at=PLACED_AT,
                country="United Kingdom",
                status="dispatched",
                lines=(LANTERN, BOTTLE),
                returns=(
                    ReturnRecord(
                        credit_note_number="C100001",
                        returned_at=PLACED_AT + timedelta(days=7),
                        lines=(HEARTS_BACK,),
                        refund_pence=510,
                    ),
                ),
                dispatched_at=PLACED_AT + timedelta(hours=5),
            ),
            OrderRecord(
                order_number="B100003",
                placed_at=PLACED_AT + timedelta(days=1),
                country="France",
                status="cancelled",
                lines=(BOTTLE,),
                cancelled_at=PLACED_AT + timedelta(days=2),
                cancel_reason="changed my mind",
            ),
        ),
    ),
    BasketLineAdded(
        basket_id=BASKET_ID,
        customer_id=None,
        stock_code="85123A",
        added_quantity=2,
        quantity=6,
        added_at=PLACED_AT,
    ),
    BasketLineChanged(
        basket_id=BASKET_ID,
        customer_id=None,
        stock_code="85123A",
        old_quantity=6,
        new_quantity=4,
        changed_at=PLACED_AT,
    ),
    BasketLineRemoved(
        basket_id=BASKET_ID,
        customer_id=CUSTOMER_ID,
        stock_code="84029G",
        removed_quantity=1,
        removed_at=PLACED_AT,
    ),
    BasketCheckedOut(
        basket_id=BASKET_ID,
        customer_id=CUSTOMER_ID,
        order_number="B100001",
        line_count=2,
        item_count=8,
        checked_out_at=PLACED_AT,
    ),
    OrderAnnounced(order_number="B100001", link="/api/v1/orders/B100001/confirmation/"),
    ContactSnapshotTaken(customer_id=CUSTOMER_ID, contact=CONTACT),
    ProductTradeCounted(
        stock_code="85123A",
        counted_until=PLACED_AT + timedelta(days=3),
        order_count=2246,
        popular_in=("EIRE", "United Kingdom"),
        also_bought=("84029G", "71053"),
    ),
    ProductSnapshotTaken(
        stock_code="85123A",
        description="WHITE HANGING HEART T-LIGHT HOLDER",
        listed_at=PLACED_AT,
        is_withdrawn=False,
        is_available=True,
        prices=(
            PricePoint(price_pence=255, effective_at=PLACED_AT),
            PricePoint(price_pence=295, effective_at=PLACED_AT + timedelta(days=1)),
        ),
        order_count=2246,
        popular_in=("United Kingdom",),
        also_bought=("84029G",),
    ),
)


def _stream_of(event: Any) -> str:
    if isinstance(event, EventSkipped):
        return streams.customer_stream(CUSTOMER_ID)
    if isinstance(event, HeartbeatSent):
        return streams.customer_stream(streams.NOBODY)
    if hasattr(event, "basket_id"):
        return streams.basket_stream(event.basket_id)
    if hasattr(event, "stock_code"):
        return streams.product_stream(event.stock_code)
    if isinstance(event, OrderAnnounced):
        return streams.announcement_stream(event.order_number)
    return _stream_of_orders(event)


def _stream_of_orders(event: Any) -> str:
    if event.customer_id is None:
        return streams.guest_order_stream(event.order_number)
    return streams.customer_stream(event.customer_id)


ENVELOPES: dict[str, Envelope] = {
    event_type_of(event): Envelope(
        event_id=UUID(int=number),
        event_type=event_type_of(event),
        stream=_stream_of(event),
        version=number,
        occurred_at=PLACED_AT + timedelta(minutes=number),
        data=event,
        # Written with and without, so that both shapes stay readable.
        traceparent=TRACEPARENT if number % 2 else None,
    )
    for number, event in enumerate(EVENTS, start=1)
}
