"""Whole orders as the published language tells them: what was ordered, became of it, came back."""

from __future__ import annotations

import json

from django.db import connection

from event_contracts.ordering import CustomerOrdersSnapshotTaken, OrderRecord
from event_contracts.plain_values import from_plain
from event_contracts.streams import CUSTOMER, GUEST_ORDER, stream_key, stream_kind

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
       )::text
FROM ordering_order AS o
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
_OF_A_CUSTOMER = f"{_RECORDS} WHERE o.customer_id = %s ORDER BY o.placed_at, o.number"
_OF_A_GUEST = f"{_RECORDS} WHERE o.number = %s AND o.customer_id IS NULL"


def get_orders_snapshot(stream: str) -> CustomerOrdersSnapshotTaken:
    """State all orders of a customer's stream, or the order that is a guest's own, in one read.

    It states them as of the stream's version only under the stream's lock.

    Raises:
        ValueError: the stream is no customer's and no guest order's.
    """
    kind, key = stream_kind(stream), stream_key(stream)
    if kind == CUSTOMER:
        customer_id = int(key)
        orders = _read(_OF_A_CUSTOMER, customer_id)
        return CustomerOrdersSnapshotTaken(customer_id=customer_id, orders=orders)
    if kind == GUEST_ORDER:
        return CustomerOrdersSnapshotTaken(customer_id=None, orders=_read(_OF_A_GUEST, key))
    raise ValueError(f"no orders travel on {stream!r}")


def _read(statement: str, key: int | str) -> tuple[OrderRecord, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
        return tuple(_record(whole) for (whole,) in cursor.fetchall())


def _record(whole: str) -> OrderRecord:
    record: OrderRecord = from_plain(OrderRecord, json.loads(whole))
    return record
