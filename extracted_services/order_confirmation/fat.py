"""Event-carried state transfer: the letter comes out of events alone, and nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.customers import (
    Contact,
    ContactSnapshotTaken,
    CustomerDetailsChanged,
    CustomerRegistered,
)
from event_contracts.order_confirmation import OrderToConfirm
from event_contracts.order_history import PLACED
from event_contracts.ordering import OrderPlaced
from event_contracts.registry import EVENT_TYPES
from extracted_services.order_confirmation.confirming import Outcome

if TYPE_CHECKING:
    from event_contracts.envelope import Envelope
    from extracted_services.order_confirmation.addresses import Addresses
    from extracted_services.order_confirmation.confirming import Desk

READS = frozenset({"customers", "ordering"})
SNAPSHOTS = frozenset({EVENT_TYPES[ContactSnapshotTaken]})


def handle(envelope: Envelope, *, addresses: Addresses, desk: Desk) -> Outcome:
    """Keep an address, confirm an order, or neither.

    An address is known before the orders that come after it: both are on the customer's stream.

    Raises:
        Claimed, NotSent: see `Desk.confirm`.
    """
    match envelope.data:
        case (
            ContactSnapshotTaken(customer_id=customer_id, contact=Contact() as contact)
            | CustomerDetailsChanged(customer_id=customer_id, contact=Contact() as contact)
            | CustomerRegistered(customer_id=customer_id, contact=Contact() as contact)
        ):
            return _keep(addresses, customer_id, contact, envelope.version)
        case OrderPlaced() if desk.is_too_late(envelope):
            return Outcome.TOO_OLD
        case OrderPlaced() as placed:
            order = _to_confirm(placed, _contact(placed, addresses))
            return desk.confirm(order, event_id=envelope.event_id)
    return Outcome.IGNORED


def _keep(addresses: Addresses, customer_id: int, contact: Contact, version: int) -> Outcome:
    is_news = addresses.keep(customer_id, contact, version=version)
    return Outcome.KEPT if is_news else Outcome.IGNORED


def _contact(placed: OrderPlaced, addresses: Addresses) -> Contact | None:
    if placed.customer_id is None:
        return placed.guest_contact
    return addresses.find(placed.customer_id)


def _to_confirm(placed: OrderPlaced, contact: Contact | None) -> OrderToConfirm:
    return OrderToConfirm(
        order_number=placed.order_number,
        placed_at=placed.placed_at,
        status=PLACED,
        lines=placed.lines,
        contact=contact,
    )
