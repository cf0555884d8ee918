"""Facts about orders and baskets. Each carries what a reader needs: nobody has to call back.

All but one: `OrderAnnounced` is there to be compared with the others (docs/event-styles.md).
What was put into a basket and taken out again, the tables forget.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from event_contracts.customers import Contact
from event_contracts.order_history import OrderSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    """One line of an order, with the price agreed at that moment."""

    stock_code: str
    description: str
    quantity: int
    unit_price_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """Goods that came back, and what was paid back for them.

    `position` says of which line of the order, counted from 1: an order may name a product twice.
    """

    stock_code: str
    quantity: int
    refund_pence: int
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """A customer, or a guest (`customer_id` is None), placed an order.

    `guest_contact` is a guest's only: whom to write to about a customer, their own facts tell.
    """

    order_number: str
    customer_id: int | None
    placed_at: datetime
    country: str
    lines: tuple[OrderedLine, ...]
    item_count: int
    total_pence: int
    guest_contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnnounced:
    """An order was placed; whoever wants to know more asks at `link`, a path of the shop's API."""

    order_number: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDispatched:
    """The parcel left."""

    order_number: str
    customer_id: int | None
    placed_at: datetime
    dispatched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """An order was called off before its parcel left."""

    order_number: str
    customer_id: int | None
    placed_at: datetime
    cancelled_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsReturned:
    """Goods came back. `order_returned_pence` is all that was refunded so far, this included."""

    order_number: str
    customer_id: int | None
    placed_at: datetime
    credit_note_number: str
    returned_at: datetime
    lines: tuple[ReturnedLine, ...]
    refund_pence: int
    order_returned_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistorySnapshotTaken:
    """All orders of one customer as of the envelope's version; replaces whatever a reader held."""

    customer_id: int
    orders: tuple[OrderSummary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRecord:
    """One return of an order, with every line's `position`."""

    credit_note_number: str
    returned_at: datetime
    lines: tuple[ReturnedLine, ...]
    refund_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """All that events tell of one order: what a reader who missed none of them would know.

    Lines stand by position, returns by `returned_at` and number. The instant that belongs to a
    status is there exactly when the order has, or had, that status.
    """

    order_number: str
    placed_at: datetime
    country: str
    status: str
    lines: tuple[OrderedLine, ...]
    returns: tuple[ReturnRecord, ...] = ()
    dispatched_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOrdersSnapshotTaken:
    """All orders of one stream, whole, as of the envelope's version; oldest first.

    A customer's, or the one order that is a guest's own stream (`customer_id` is None). For every
    reader that keeps whole orders: it replaces whatever they held of the stream.
    """

    customer_id: int | None
    orders: tuple[OrderRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLineAdded:
    """Pieces were put in, on top of what was there; `quantity` is what then was in the basket.

    A basket is named by its number, never by its token: whoever holds the token holds the basket.
    """

    basket_id: int
    customer_id: int | None
    stock_code: str
    added_quantity: int
    quantity: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLineChanged:
    """Somebody wanted more or fewer pieces, though not none."""

    basket_id: int
    customer_id: int | None
    stock_code: str
    old_quantity: int
    new_quantity: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLineRemoved:
    """A product was taken out, with all its pieces."""

    basket_id: int
    customer_id: int | None
    stock_code: str
    removed_quantity: int
    removed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketCheckedOut:
    """Everything in the basket was ordered, and it is empty now; it may be filled again."""

    basket_id: int
    customer_id: int | None
    order_number: str
    line_count: int
    item_count: int
    checked_out_at: datetime
