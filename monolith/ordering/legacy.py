"""Orders of the trade before events: loaded in bulk, with what was returned of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from event_contracts.order_history import DISPATCHED
from event_contracts.streams import guest_order_stream
from monolith.catalogue.queries import ProductNotFound, product_ids
from monolith.customers.legacy import load_countries
from monolith.customers.queries import CustomerNotFound, country_ids, known_customer_ids
from monolith.ordering.models import Order
from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

_BATCH = 2000
_RESERVE_IDS = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
_ORDERS = """
COPY ordering_order (id, number, customer_id, country_id, recipient, address, guest_email, status,
                     placed_at, dispatched_at, cancelled_at, cancel_reason, request_digest)
FROM STDIN
"""
_LINES = """
COPY ordering_orderline (id, order_id, product_id, position, quantity, unit_price_pence) FROM STDIN
"""
_CREDIT_NOTES = """
COPY ordering_creditnote (id, number, order_id, issued_at, request_digest) FROM STDIN
"""
_CREDIT_NOTE_LINES = """
COPY ordering_creditnoteline (credit_note_id, order_line_id, quantity, refund_pence) FROM STDIN
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyLine:
    """One line of an old order."""

    stock_code: str
    quantity: int
    unit_price_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyReturnedLine:
    """What came back of the order's line at `position`, which counts from 1."""

    position: int
    quantity: int
    refund_pence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyReturn:
    """One return of an old order; its lines name different positions."""

    number: str
    issued_at: datetime
    lines: tuple[LegacyReturnedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyOrder:
    """An old order under its old number; the instant that belongs to its status is given."""

    number: str
    customer_id: int | None
    country: str
    placed_at: datetime
    lines: tuple[LegacyLine, ...]
    status: str = DISPATCHED
    dispatched_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    returns: tuple[LegacyReturn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedOrders:
    """What was new, and how many orders were there already and left alone."""

    orders: int = 0
    lines: int = 0
    credit_notes: int = 0
    skipped: int = 0

    def __add__(self, other: LoadedOrders) -> LoadedOrders:
        return LoadedOrders(
            orders=self.orders + other.orders,
            lines=self.lines + other.lines,
            credit_notes=self.credit_notes + other.credit_notes,
            skipped=self.skipped + other.skipped,
        )


@transaction.atomic
def load_orders(orders: Iterable[LegacyOrder]) -> LoadedOrders:
    """Load orders with lines and returns; stock and the customers' streams stay as they are.

    Orders whose number is there already are left alone. Guests' orders start their streams at
    version 1.

    Raises:
        CustomerNotFound: an order's customer was not loaded; nothing is kept.
        ProductNotFound: a line's product was not loaded; nothing is kept.
    """
    remaining = iter(orders)
    loaded = LoadedOrders()
    while batch := list(islice(remaining, _BATCH)):
        loaded += _load_batch(batch)
    with connection.cursor() as cursor:
        # The planner would otherwise take the tables for empty until autovacuum comes by.
        cursor.execute("ANALYZE ordering_order, ordering_orderline, ordering_creditnoteline")
    return loaded


def _load_batch(orders: Sequence[LegacyOrder]) -> LoadedOrders:
    numbers = Order.objects.filter(number__in=[order.number for order in orders])
    present = set(numbers.values_list("number", flat=True))
    new = [order for order in orders if order.number not in present]
    _check_customers(new)
    keys = dict(zip((order.number for order in new), _reserve("order", len(new)), strict=True))
    load_countries(order.country for order in new)
    _copy(_ORDERS, _order_rows(new, keys, country_ids()))
    line_keys = _copy_lines(new, keys)
    notes = _copy_returns(new, keys, line_keys)
    recording.start_streams(
        guest_order_stream(order.number) for order in new if order.customer_id is None
    )
    return LoadedOrders(
        orders=len(new), lines=len(line_keys), credit_notes=notes, skipped=len(present)
    )


def _check_customers(orders: Sequence[LegacyOrder]) -> None:
    wanted = {order.customer_id for order in orders if order.customer_id is not None}
    missing = wanted - known_customer_ids(customer_ids=wanted)
    if missing:
        raise CustomerNotFound(min(missing))


def _order_rows(
    orders: Sequence[LegacyOrder], keys: dict[str, int], countries: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    for order in orders:
        given = (keys[order.number], order.number, order.customer_id, countries[order.country])
        instants = (order.placed_at, order.dispatched_at, order.cancelled_at)
        yield (*given, "", "", "", order.status, *instants, order.cancel_reason, "")


def _copy_lines(orders: Sequence[LegacyOrder], keys: dict[str, int]) -> dict[tuple[str, int], int]:
    """Copy the lines and return their ids by order number and position."""
    lines = {
        (order.number, position): line
        for order in orders
        for position, line in enumerate(order.lines, start=1)
    }
    products = product_ids(stock_codes={line.stock_code for line in lines.values()})
    line_keys = dict(zip(lines, _reserve("orderline", len(lines)), strict=True))
    _copy(
        _LINES,
        (
            (
                line_keys[place],
                keys[place[0]],
                _product(products, line.stock_code),
                place[1],
                line.quantity,
                line.unit_price_pence,
            )
            for place, line in lines.items()
        ),
    )
    return line_keys


def _copy_returns(
    orders: Sequence[LegacyOrder], keys: dict[str, int], line_keys: dict[tuple[str, int], int]
) -> int:
    returns = [(order.number, note) for order in orders for note in order.returns]
    noted = list(zip(_reserve("creditnote", len(returns)), returns, strict=True))
    _copy(
        _CREDIT_NOTES,
        ((key, note.number, keys[number], note.issued_at, "") for key, (number, note) in noted),
    )
    _copy(
        _CREDIT_NOTE_LINES,
        (
            (key, line_keys[number, line.position], line.quantity, line.refund_pence)
            for key, (number, note) in noted
            for line in note.lines
        ),
    )
    return len(noted)


def _product(products: dict[str, int], stock_code: str) -> int:
    if stock_code not in products:
        raise ProductNotFound(stock_code)
    return products[stock_code]


def _reserve(table: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE_IDS, [f"ordering_{table}", count])
        return [row[0] for row in cursor]


def _copy(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
