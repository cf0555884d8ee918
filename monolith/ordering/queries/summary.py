"""Who is this customer? The monolith's answer: every order, line and return of theirs added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from event_contracts.customer_summary import (
    FAVOURITES,
    Counted,
    CustomerSummary,
    CustomerSummaryQuery,
    Favourite,
    OrderMark,
    summarise,
)
from event_contracts.order_history import CANCELLED
from event_contracts.streams import customer_stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# One statement, so that the version and the sums come from one snapshot of the database.
_SUMMARY = """
WITH mine AS (
    SELECT id, number, placed_at, status <> %(cancelled)s AS counts
    FROM ordering_order
    WHERE customer_id = %(customer_id)s
),
sold AS (
    SELECT line.product_id, line.quantity, line.quantity::bigint * line.unit_price_pence AS pence,
           coalesce(back.quantity, 0) AS returned, coalesce(back.pence, 0) AS returned_pence
    FROM mine
    JOIN ordering_orderline AS line ON line.order_id = mine.id
    CROSS JOIN LATERAL (
        SELECT sum(quantity) AS quantity, sum(refund_pence) AS pence
        FROM ordering_creditnoteline
        WHERE order_line_id = line.id
    ) AS back
    WHERE mine.counts
),
kept AS (
    SELECT product.stock_code, product.description, sum(sold.quantity - sold.returned) AS pieces
    FROM sold
    JOIN catalogue_product AS product ON product.id = sold.product_id
    GROUP BY product.id
    HAVING sum(sold.quantity - sold.returned) > 0
)
SELECT coalesce((SELECT version FROM outbox_stream WHERE stream = %(stream)s), 0),
       orders.counted, orders.cancelled, sums.pence, sums.returned_pence, sums.pieces,
       earliest.number, earliest.placed_at, latest.number, latest.placed_at,
       ARRAY(
           SELECT ROW(stock_code, description, pieces)
           FROM kept ORDER BY pieces DESC, stock_code COLLATE "C" LIMIT %(favourites)s
       )
FROM (
    SELECT count(*) FILTER (WHERE counts) AS counted,
           count(*) FILTER (WHERE NOT counts) AS cancelled
    FROM mine
) AS orders
CROSS JOIN (
    SELECT coalesce(sum(pence), 0) AS pence, coalesce(sum(returned_pence), 0) AS returned_pence,
           coalesce(sum(quantity - returned), 0) AS pieces
    FROM sold
) AS sums
LEFT JOIN (
    SELECT number, placed_at FROM mine WHERE counts ORDER BY placed_at, number LIMIT 1
) AS earliest ON true
LEFT JOIN (
    SELECT number, placed_at FROM mine WHERE counts ORDER BY placed_at DESC, number DESC LIMIT 1
) AS latest ON true
"""


def get_customer_summary(query: CustomerSummaryQuery) -> CustomerSummary:
    """Add up all that a customer ordered and sent back.

    `as_of` is the version of the customer's stream in the very snapshot that the sums come from; 0
    when nothing was ever recorded about the customer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SUMMARY, _parameters(query.customer_id))
        as_of, *row = cursor.fetchone()
    return summarise(query, as_of=as_of, counted=_counted(row))


def _parameters(customer_id: int) -> dict[str, Any]:
    return {
        "stream": customer_stream(customer_id),
        "customer_id": customer_id,
        "cancelled": CANCELLED,
        "favourites": FAVOURITES,
    }


def _counted(row: Sequence[Any]) -> Counted:
    orders, cancelled, pence, returned_pence, pieces, *marks, favourites = row
    return Counted(
        order_count=orders,
        cancelled_count=cancelled,
        ordered_pence=int(pence),
        returned_pence=int(returned_pence),
        pieces=int(pieces),
        first_order=_mark(*marks[:2]),
        last_order=_mark(*marks[2:]),
        favourites=tuple(_favourite(*each) for each in favourites),
    )


def _mark(number: str | None, placed_at: datetime) -> OrderMark | None:
    return OrderMark(order_number=number, placed_at=placed_at) if number is not None else None


def _favourite(stock_code: str, description: str, pieces: str) -> Favourite:
    return Favourite(stock_code=stock_code, description=description, pieces=int(pieces))
