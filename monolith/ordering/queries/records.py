"""Whole orders as the published language tells them: what was ordered, became of it, came back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connection

from event_contracts.order_detail import OrderDetailAnswer
from event_contracts.ordering import CustomerOrdersSnapshotTaken, OrderRecord
from event_contracts.plain_values import from_plain
from event_contracts.streams import CUSTOMER, GUEST_ORDER, stream_key, stream_kind

if TYPE_CHECKING:
    from event_contracts.order_detail import OrderDetailQuery

# One statement for all orders, each put together where its lines and returns lie.
_RECORDS = """
SELECT json_build_object(
           'order_number', o.number,
           'placed_at', o.placed_at,
           'country', country.name,
           'status', o.status,
           'dispatched_at', o.dispatched_at,
           'cancelled_at', o.cancelled_at,
           'cancel_reason', o.cancel_reason,
           'lines', ordered.lines,
           'returns', returned.notes
       )::text AS whole
FROM ({orders}) AS o
JOIN customers_country AS country ON country.id = o.country_id
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object(
               'stock_code', product.stock_code,
               'description', product.description,
               'quantity', line.quantity,
               'unit_price_pence', line.unit_price_pence
           ) ORDER BY line.position), '[]') AS lines
    FROM ordering_orderline AS line
    JOIN catalogue_product AS product ON product.id = line.product_id
    WHERE line.order_id = o.id
) AS ordered
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object(
               'credit_note_number', note.number,
               'returned_at', note.issued_at,
               'lines', back.lines,
               'refund_pence', back.refund_pence
           ) ORDER BY note.issued_at, note.number), '[]') AS notes
    FROM ordering_creditnote AS note
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(part.refund_pence), 0) AS refund_pence,
               coalesce(json_agg(json_build_object(
                   'stock_code', product.stock_code,
                   'quantity', part.quantity,
                   'refund_pence', part.refund_pence,
                   'position', line.position
               ) ORDER BY line.position), '[]') AS lines
        FROM ordering_creditnoteline AS part
        JOIN ordering_orderline AS line ON line.id = part.order_line_id
        JOIN catalogue_product AS product ON product.id = line.product_id
        WHERE part.credit_note_id = note.id
    ) AS back
    WHERE note.order_id = o.id
) AS returned
"""
_OF_A_CUSTOMER = "SELECT * FROM ordering_order WHERE customer_id = %(customer_id)s"
_OF_A_GUEST = """
    SELECT * FROM ordering_order WHERE number = %(order_number)s AND customer_id IS NULL
"""
_NUMBERED = "SELECT * FROM ordering_order WHERE number = %(order_number)s"
_NEXT = """
    SELECT * FROM ordering_order
    WHERE customer_id = %(customer_id)s AND number > %(order_number)s
    ORDER BY number
    LIMIT 1
"""
# One statement here, too, so that the version and the order come from one snapshot of the database.
_ANSWER = """
SELECT stream.version, record.whole
FROM (
    SELECT coalesce((SELECT version FROM outbox_stream WHERE stream = %(stream)s), 0) AS version
) AS stream
LEFT JOIN ({records}) AS record ON true
"""


def get_order_detail(query: OrderDetailQuery) -> OrderDetailAnswer:
    """Answer what is known of one order of a customer's or a guest's; nobody else's is found.

    `as_of` is the version of the order's stream in the very snapshot that the order comes from; 0
    when nothing was ever recorded on it.
    """
    if query.customer_id is None:
        orders = _OF_A_GUEST
    elif query.is_next:
        orders = _NEXT
    else:
        orders = f"{_NUMBERED} AND customer_id = %(customer_id)s"
    ((as_of, whole),) = _execute(
        _ANSWER.format(records=_RECORDS.format(orders=orders)),
        stream=query.stream,
        customer_id=query.customer_id,
        order_number=_sayable(query.order_number),
    )
    return OrderDetailAnswer(
        customer_id=query.customer_id, as_of=as_of, order=_record(whole) if whole else None
    )


def find_order_record(order_number: str) -> OrderRecord | None:
    """Return the order of a number, whoever's it is; None if there is none."""
    return next(iter(_read(_NUMBERED, order_number=_sayable(order_number))), None)


def get_orders_snapshot(stream: str) -> CustomerOrdersSnapshotTaken:
    """State all orders of a customer's stream, or the order that is a guest's own, in one read.

    It states them as of the stream's version only under the stream's lock.

    Raises:
        ValueError: the stream is no customer's and no guest order's.
    """
    kind, key = stream_kind(stream), stream_key(stream)
    if kind == CUSTOMER:
        customer_id = int(key)
        orders = _read(_OF_A_CUSTOMER, customer_id=customer_id)
        return CustomerOrdersSnapshotTaken(customer_id=customer_id, orders=orders)
    if kind == GUEST_ORDER:
        orders = _read(_OF_A_GUEST, order_number=key)
        return CustomerOrdersSnapshotTaken(customer_id=None, orders=orders)
    raise ValueError(f"no orders travel on {stream!r}")


def _read(orders: str, **parameters: Any) -> tuple[OrderRecord, ...]:
    statement = f"{_RECORDS.format(orders=orders)} ORDER BY o.placed_at, o.number"
    return tuple(_record(row[0]) for row in _execute(statement, **parameters))


def _execute(statement: str, **parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


def _record(whole: str) -> OrderRecord:
    record: OrderRecord = from_plain(OrderRecord, json.loads(whole))
    return record


def _sayable(order_number: str) -> str:
    # PostgreSQL takes every character that a client may send but this one.
    return order_number.replace("\x00", "")
