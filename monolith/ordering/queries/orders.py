"""One order with everything about it: lines, money, what came back, and when its status changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from event_contracts.order_history import CANCELLED, DISPATCHED, PLACED
from monolith.ordering.models import CreditNote, Order, OrderLine

if TYPE_CHECKING:
    from datetime import datetime

    from django_stubs_ext import WithAnnotations

    class _Returned(TypedDict):
        returned_quantity: int
        refunded_pence: int

    LineWithReturns = WithAnnotations[OrderLine, _Returned]


class OrderNotFound(Exception):
    """No order has this number."""

    def __init__(self, order_number: str) -> None:
        super().__init__(f"there is no order {order_number!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedItem:
    """One line of an order, and how much of it came back."""

    position: int
    stock_code: str
    description: str
    quantity: int
    unit_price_pence: int
    returned_quantity: int
    refunded_pence: int

    @property
    def total_pence(self) -> int:
        """What the line cost."""
        return self.quantity * self.unit_price_pence


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A status and the instant from which the order had it."""

    status: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteDetail:
    """One return: when, how many pieces, and what was paid back."""

    number: str
    issued_at: datetime
    item_count: int
    refund_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """One order; `history` oldest first, `address` in lines, `customer_id` None for a guest."""

    order_number: str
    customer_id: int | None
    guest_email: str
    status: str
    placed_at: datetime
    country: str
    recipient: str
    address: tuple[str, ...]
    cancel_reason: str
    lines: tuple[OrderedItem, ...]
    history: tuple[StatusChange, ...]
    credit_notes: tuple[CreditNoteDetail, ...]

    @property
    def item_count(self) -> int:
        """How many pieces were ordered."""
        return sum(line.quantity for line in self.lines)

    @property
    def total_pence(self) -> int:
        """What the order cost."""
        return sum(line.total_pence for line in self.lines)

    @property
    def returned_pence(self) -> int:
        """What was paid back so far."""
        return sum(note.refund_pence for note in self.credit_notes)


def get_order(order_number: str) -> OrderDetail:
    """Return one order.

    Raises:
        OrderNotFound: no order has this number.
    """
    try:
        order = orders_numbered(order_number).select_related("country").get()
    except Order.DoesNotExist:
        raise OrderNotFound(order_number) from None
    return OrderDetail(
        order_number=order.number,
        customer_id=order.customer_id,
        guest_email=order.guest_email,
        status=order.status,
        placed_at=order.placed_at,
        country=order.country.name,
        recipient=order.recipient,
        address=tuple(order.address.splitlines()),
        cancel_reason=order.cancel_reason,
        lines=tuple(_item(line) for line in lines_with_returns(order)),
        history=tuple(_history(order)),
        credit_notes=tuple(_credit_notes(order)),
    )


def orders_numbered(order_number: str) -> QuerySet[Order]:
    """Return the orders of a number, at most one, whatever characters a client sends."""
    return Order.objects.filter(number=order_number.replace("\x00", ""))


def lines_with_returns(order: Order) -> QuerySet[LineWithReturns]:
    """Return the lines by position, each with `returned_quantity` and `refunded_pence` so far."""
    lines = order.lines.select_related("product").defer("product__search")
    return lines.annotate(
        returned_quantity=Coalesce(Sum("credit_note_lines__quantity"), 0),
        refunded_pence=Coalesce(Sum("credit_note_lines__refund_pence"), 0),
    ).order_by("position")


def _item(line: LineWithReturns) -> OrderedItem:
    return OrderedItem(
        position=line.position,
        stock_code=line.product.stock_code,
        description=line.product.description,
        quantity=line.quantity,
        unit_price_pence=line.unit_price_pence,
        returned_quantity=line.returned_quantity,
        refunded_pence=line.refunded_pence,
    )


def _history(order: Order) -> list[StatusChange]:
    instants = {
        PLACED: order.placed_at,
        DISPATCHED: order.dispatched_at,
        CANCELLED: order.cancelled_at,
    }
    return [StatusChange(status=status, at=at) for status, at in instants.items() if at]


def _credit_notes(order: Order) -> list[CreditNoteDetail]:
    notes = CreditNote.objects.filter(order=order).annotate(
        item_count=Coalesce(Sum("lines__quantity"), 0),
        refund_pence=Coalesce(Sum("lines__refund_pence"), 0),
    )
    return [
        CreditNoteDetail(
            number=note.number,
            issued_at=note.issued_at,
            item_count=note.item_count,
            refund_pence=note.refund_pence,
        )
        for note in notes.order_by("issued_at", "id")
    ]
