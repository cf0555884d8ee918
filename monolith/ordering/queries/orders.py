"""One order with everything about it: lines, money, what came back, and when its status changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from event_contracts.order_detail import OrderDetailQuery
from event_contracts.order_history import CANCELLED, DISPATCHED, PLACED
from monolith.ordering.models import Order, OrderLine
from monolith.ordering.queries.records import find_order_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django_stubs_ext import WithAnnotations

    from event_contracts.ordering import OrderRecord, ReturnRecord

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
class Delivery:
    """Whose an order is, and where its parcel goes; `customer_id` None for a guest."""

    order_number: str
    customer_id: int | None
    guest_email: str
    recipient: str
    address: tuple[str, ...]

    @property
    def question(self) -> OrderDetailQuery:
        """The question about all else of the order."""
        return OrderDetailQuery(order_number=self.order_number, customer_id=self.customer_id)


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
    """Return one order out of the tables: for commands, and for staff.

    Raises:
        OrderNotFound: no order has this number.
    """
    delivery = get_delivery(order_number)
    return whole_order(find_order_record(order_number), delivery)


def get_delivery(order_number: str) -> Delivery:
    """Return whose an order is, and where its parcel goes: what no event tells.

    Raises:
        OrderNotFound: no order has this number.
    """
    fields = ("number", "customer_id", "guest_email", "recipient", "address")
    found = orders_numbered(order_number).values_list(*fields).first()
    if found is None:
        raise OrderNotFound(order_number)
    number, customer_id, guest_email, recipient, address = found
    return Delivery(
        order_number=number,
        customer_id=customer_id,
        guest_email=guest_email,
        recipient=recipient,
        address=tuple(address.splitlines()),
    )


def whole_order(record: OrderRecord | None, delivery: Delivery) -> OrderDetail:
    """Put together what events tell of an order, whoever keeps it, and what they do not.

    Raises:
        OrderNotFound: nothing is told of the order.
    """
    if record is None:
        raise OrderNotFound(delivery.order_number)
    return OrderDetail(
        order_number=record.order_number,
        customer_id=delivery.customer_id,
        guest_email=delivery.guest_email,
        status=record.status,
        placed_at=record.placed_at,
        country=record.country,
        recipient=delivery.recipient,
        address=delivery.address,
        cancel_reason=record.cancel_reason,
        lines=tuple(_items(record)),
        history=tuple(_history(record)),
        credit_notes=tuple(map(_credit_note, record.returns)),
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


def _items(record: OrderRecord) -> Iterator[OrderedItem]:
    returned = _returned_by_position(record)
    for position, line in enumerate(record.lines, start=1):
        quantity, pence = returned.get(position, (0, 0))
        yield OrderedItem(
            position=position,
            stock_code=line.stock_code,
            description=line.description,
            quantity=line.quantity,
            unit_price_pence=line.unit_price_pence,
            returned_quantity=quantity,
            refunded_pence=pence,
        )


def _returned_by_position(record: OrderRecord) -> dict[int | None, tuple[int, int]]:
    """Sum up what came back of each line: pieces, and pence."""
    returned: dict[int | None, tuple[int, int]] = {}
    for line in (line for note in record.returns for line in note.lines):
        quantity, pence = returned.get(line.position, (0, 0))
        returned[line.position] = quantity + line.quantity, pence + line.refund_pence
    return returned


def _history(record: OrderRecord) -> list[StatusChange]:
    instants = {
        PLACED: record.placed_at,
        DISPATCHED: record.dispatched_at,
        CANCELLED: record.cancelled_at,
    }
    return [StatusChange(status=status, at=at) for status, at in instants.items() if at]


def _credit_note(note: ReturnRecord) -> CreditNoteDetail:
    return CreditNoteDetail(
        number=note.credit_note_number,
        issued_at=note.returned_at,
        item_count=sum(line.quantity for line in note.lines),
        refund_pence=note.refund_pence,
    )
