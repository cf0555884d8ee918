"""Orders, contacts and envelopes around them, for the tests of this service."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from event_contracts import streams
from event_contracts.customers import Contact, CustomerDetailsChanged, CustomerRegistered
from event_contracts.envelope import Envelope
from event_contracts.order_confirmation import OrderToConfirm
from event_contracts.ordering import OrderAnnounced, OrderedLine, OrderPlaced
from event_contracts.registry import event_type_of

ANNA = 17850
PLACED_AT = datetime(2011, 8, 1, 10, tzinfo=UTC)
CONTACT = Contact(name="Anna Archer", email="anna@example.com")
GUEST = Contact(name="Gus", email="gus@example.com")
HEART = OrderedLine(
    stock_code="85123A", description="WHITE HANGING HEART", quantity=6, unit_price_pence=255
)
JAR = OrderedLine(stock_code="22960", description="JAM JAR", quantity=2, unit_price_pence=34_000)


def registered(contact=CONTACT):
    return CustomerRegistered(
        customer_id=ANNA, country="France", registered_at=PLACED_AT, contact=contact
    )


def moved(contact):
    return CustomerDetailsChanged(
        customer_id=ANNA, country="France", changed=("name",), changed_at=PLACED_AT, contact=contact
    )


def placed(number="B100001", *, customer_id=ANNA, guest_contact=None, lines=(HEART,)):
    return OrderPlaced(
        order_number=number,
        customer_id=customer_id,
        placed_at=PLACED_AT,
        country="France",
        lines=lines,
        item_count=6,
        total_pence=1530,
        guest_contact=guest_contact,
    )


def announced(number="B100001", link=""):
    return OrderAnnounced(
        order_number=number, link=link or f"/api/v1/orders/{number}/confirmation/"
    )


def to_confirm(number="B100001", *, contact=CONTACT, status="placed", lines=(HEART,)):
    return OrderToConfirm(
        order_number=number, placed_at=PLACED_AT, status=status, lines=lines, contact=contact
    )


def envelope(event, version=1, *, stream="", recorded_at=None):
    return Envelope(
        event_id=uuid4(),
        event_type=event_type_of(event),
        stream=stream or _stream_of(event),
        version=version,
        occurred_at=PLACED_AT,
        recorded_at=recorded_at or datetime.now(UTC),
        data=event,
    )


def _stream_of(event):
    if isinstance(event, OrderAnnounced):
        return streams.announcement_stream(event.order_number)
    if event.customer_id is None:
        return streams.guest_order_stream(event.order_number)
    return streams.customer_stream(event.customer_id)
