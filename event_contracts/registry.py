"""Every event there is: its type on the wire and its class. The full list, in one place."""

from __future__ import annotations

from event_contracts.catalogue import (
    PriceChanged,
    ProductBecameAvailable,
    ProductListed,
    ProductSnapshotTaken,
    ProductSoldOut,
    ProductTradeCounted,
)
from event_contracts.customers import (
    ContactSnapshotTaken,
    CustomerDetailsChanged,
    CustomerRegistered,
)
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
    OrderHistorySnapshotTaken,
    OrderPlaced,
)
from event_contracts.outbox import EventSkipped
from event_contracts.strangler import HeartbeatSent

EVENT_CLASSES: dict[str, type] = {
    "catalogue.price_changed.v1": PriceChanged,
    "catalogue.product_became_available.v1": ProductBecameAvailable,
    "catalogue.product_listed.v1": ProductListed,
    "catalogue.product_snapshot_taken.v1": ProductSnapshotTaken,
    "catalogue.product_sold_out.v1": ProductSoldOut,
    "catalogue.product_trade_counted.v1": ProductTradeCounted,
    "customers.contact_snapshot_taken.v1": ContactSnapshotTaken,
    "customers.customer_details_changed.v1": CustomerDetailsChanged,
    "customers.customer_registered.v1": CustomerRegistered,
    "ordering.basket_checked_out.v1": BasketCheckedOut,
    "ordering.basket_line_added.v1": BasketLineAdded,
    "ordering.basket_line_changed.v1": BasketLineChanged,
    "ordering.basket_line_removed.v1": BasketLineRemoved,
    "ordering.customer_orders_snapshot_taken.v1": CustomerOrdersSnapshotTaken,
    "ordering.items_returned.v1": ItemsReturned,
    "ordering.order_announced.v1": OrderAnnounced,
    "ordering.order_cancelled.v1": OrderCancelled,
    "ordering.order_dispatched.v1": OrderDispatched,
    "ordering.order_history_snapshot_taken.v1": OrderHistorySnapshotTaken,
    "ordering.order_placed.v1": OrderPlaced,
    "outbox.event_skipped.v1": EventSkipped,
    "strangler.heartbeat_sent.v1": HeartbeatSent,
}
EVENT_TYPES: dict[type, str] = {cls: name for name, cls in EVENT_CLASSES.items()}
_SNAPSHOT = "_snapshot_taken"


class UnknownEvent(Exception):
    """The type on the wire, or the class, is not in this registry."""


def event_type_of(event: object) -> str:
    """Return the type on the wire of an event.

    Raises:
        UnknownEvent: its class is not registered.
    """
    try:
        return EVENT_TYPES[type(event)]
    except KeyError:
        raise UnknownEvent(f"{type(event).__qualname__} is not a registered event") from None


def event_class_of(event_type: str) -> type:
    """Return the class behind a type on the wire.

    Raises:
        UnknownEvent: the type is not registered.
    """
    try:
        return EVENT_CLASSES[event_type]
    except KeyError:
        raise UnknownEvent(f"{event_type!r} is not a registered event type") from None


def is_snapshot(event_type: str) -> bool:
    """Tell whether a type on the wire, registered or not, is that of a snapshot.

    A snapshot states what its stream has come to, and is no fact of it: it raises no version, and
    a reader of another kind of snapshot has to leave it alone.
    """
    return event_type.rpartition(".")[0].endswith(_SNAPSHOT)
