"""Goods that come back after their parcel left: a credit note, and stock on the shelf again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Sum

from event_contracts.order_history import DISPATCHED
from event_contracts.ordering import ReturnedLine
from monolith.catalogue.operations import return_stock
from monolith.catalogue.queries import normal_code
from monolith.ordering import events
from monolith.ordering.models import CreditNote, CreditNoteLine, Order, OrderLine
from monolith.ordering.operations.announcing import announce
from monolith.ordering.operations.fulfilment import lock_order
from monolith.ordering.operations.idempotency import digest_of, find_first
from monolith.ordering.operations.quantities import check_quantity
from monolith.ordering.queries.orders import lines_with_returns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monolith.ordering.queries.orders import LineWithReturns

    TakenBack = Sequence[tuple[OrderLine, int]]


class EmptyReturn(Exception):
    """A return names no goods."""

    def __init__(self) -> None:
        super().__init__("a return needs at least one line")


class OrderNotDispatched(Exception):
    """Nothing can come back of an order whose parcel never left."""

    def __init__(self, order_number: str) -> None:
        super().__init__(f"order {order_number} was not dispatched")


class ReturnExceedsOrder(Exception):
    """More would come back than was ordered and has not come back yet."""

    def __init__(self, stock_code: str, wanted: int, returnable: int) -> None:
        super().__init__(f"{returnable} of {stock_code} can come back, not {wanted}")
        self.stock_code, self.wanted, self.returnable = stock_code, wanted, returnable


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequest:
    """So many pieces of a product come back."""

    stock_code: str
    quantity: int


@transaction.atomic
def return_items(
    *,
    order_number: str,
    lines: Sequence[ReturnRequest],
    returned_at: datetime,
    idempotency_key: str,
) -> CreditNote:
    """Take goods of a dispatched order back and refund what they cost.

    Repeating a request with its key returns the credit note it made first and changes nothing.

    Raises:
        EmptyReturn: no goods are named.
        IdempotencyKeyReused: the key was used for other content.
        InvalidQuantity: a quantity is out of range.
        OrderNotDispatched: the parcel never left.
        OrderNotFound: no order has this number.
        ReturnExceedsOrder: more would come back than can.
    """
    digest = digest_of(order_number, lines)
    first = find_first(CreditNote, key=idempotency_key, digest=digest)
    if first is not None:
        return first
    order = lock_order(order_number)
    if order.status != DISPATCHED:
        raise OrderNotDispatched(order_number)
    taken_back = _allocate(_wanted(lines), list(lines_with_returns(order)))
    note = CreditNote.objects.create(
        number=_next_number(),
        order=order,
        issued_at=returned_at,
        idempotency_key=idempotency_key,
        request_digest=digest,
    )
    _save_lines(note, taken_back)
    crossings = return_stock(quantities=_pieces_by_product(taken_back), returned_at=returned_at)
    returned = events.items_returned(
        note,
        [_returned_line(line, quantity) for line, quantity in taken_back],
        order_returned_pence=_returned_pence(order),
    )
    announce({**crossings, events.stream_of(order): returned}, at=returned_at)
    return note


def _wanted(lines: Sequence[ReturnRequest]) -> Counter[str]:
    if not lines:
        raise EmptyReturn
    wanted: Counter[str] = Counter()
    for line in lines:
        check_quantity(line.quantity)
        wanted[normal_code(line.stock_code)] += line.quantity
    return wanted


def _allocate(wanted: Counter[str], lines: Sequence[LineWithReturns]) -> TakenBack:
    """Spread the goods over the order's lines, which may name a product more than once."""
    left = Counter(wanted)
    taken: list[tuple[OrderLine, int]] = []
    for line in lines:
        code = line.product.stock_code
        quantity = min(left[code], line.quantity - line.returned_quantity)
        if quantity > 0:
            taken.append((line, quantity))
            left[code] -= quantity
    for code, missing in left.items():
        if missing > 0:
            raise ReturnExceedsOrder(code, wanted[code], wanted[code] - missing)
    return taken


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ordering_credit_note_number_seq')")
        return f"CN{cursor.fetchone()[0]}"


def _save_lines(note: CreditNote, taken_back: TakenBack) -> None:
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            credit_note=note,
            order_line=line,
            quantity=quantity,
            refund_pence=quantity * line.unit_price_pence,
        )
        for line, quantity in taken_back
    )


def _pieces_by_product(taken_back: TakenBack) -> Counter[int]:
    pieces: Counter[int] = Counter()
    for line, quantity in taken_back:
        pieces[line.product_id] += quantity
    return pieces


def _returned_line(line: OrderLine, quantity: int) -> ReturnedLine:
    return ReturnedLine(
        stock_code=line.product.stock_code,
        quantity=quantity,
        refund_pence=quantity * line.unit_price_pence,
        position=line.position,
    )


def _returned_pence(order: Order) -> int:
    refunds = CreditNoteLine.objects.filter(credit_note__order=order)
    return refunds.aggregate(total=Sum("refund_pence"))["total"] or 0
