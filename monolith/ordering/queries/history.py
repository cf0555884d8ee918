"""What has this customer ordered? The monolith's answer: orders, their lines and returns joined."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Count

from event_contracts.order_history import (
    Cursor,
    ListedOrder,
    OrderHistoryPage,
    OrderHistoryQuery,
    OrderSummary,
)
from event_contracts.streams import customer_stream
from monolith.ordering.models import Order

# One statement, so that the version and the rows come from one snapshot of the database.
_HISTORY = """
SELECT stream.version, page.number, page.customer_id, page.placed_at, page.status,
       page.item_count, page.total_pence, page.returned_pence
FROM (
    SELECT coalesce((SELECT version FROM outbox_stream WHERE stream = %(stream)s), 0) AS version
) AS stream
LEFT JOIN LATERAL (
    SELECT o.number, o.customer_id, o.placed_at, o.status, ordered.item_count, ordered.total_pence,
           returned.returned_pence
    FROM ordering_order AS o
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(line.quantity), 0) AS item_count,
               coalesce(sum(line.quantity::bigint * line.unit_price_pence), 0) AS total_pence
        FROM ordering_orderline AS line
        WHERE line.order_id = o.id
    ) AS ordered
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(back.refund_pence), 0) AS returned_pence
        FROM ordering_creditnote AS note
        JOIN ordering_creditnoteline AS back ON back.credit_note_id = note.id
        WHERE note.order_id = o.id
    ) AS returned
    WHERE o.customer_id = %(customer_id)s
      AND (%(status)s::text IS NULL OR o.status = %(status)s)
      AND (%(placed_from)s::timestamptz IS NULL OR o.placed_at >= %(placed_from)s)
      AND (%(placed_until)s::timestamptz IS NULL OR o.placed_at < %(placed_until)s)
      AND (%(before_at)s::timestamptz IS NULL
           OR (o.placed_at, o.number) < (%(before_at)s, %(before_number)s))
    ORDER BY o.placed_at DESC, o.number DESC
    LIMIT %(limit)s
) AS page ON true
ORDER BY page.placed_at DESC, page.number DESC
"""


def list_orders_for_customer(query: OrderHistoryQuery) -> OrderHistoryPage:
    """List one page of a customer's orders, newest first.

    `as_of` is the version of the customer's stream in the very snapshot that the rows come from; 0
    when nothing was ever recorded about the customer.
    """
    as_of, found = _read(query, limit=query.limit + 1)
    orders = found[: query.limit]
    return OrderHistoryPage(
        customer_id=query.customer_id,
        as_of=as_of,
        orders=orders,
        next=str(Cursor.at(orders[-1])) if len(found) > len(orders) else None,
    )


def list_order_summaries(customer_id: int) -> tuple[OrderSummary, ...]:
    """List all orders of a customer, newest first."""
    _, found = _read(OrderHistoryQuery(customer_id=customer_id), limit=None)
    return tuple(order.without_owner() for order in found)


def find_busiest_customer_id() -> int | None:
    """Return the customer with the most orders; None while nobody has ordered."""
    orders = Order.objects.filter(customer__isnull=False).values("customer_id")
    busiest = orders.annotate(placed=Count("id")).order_by("-placed", "customer_id").first()
    return int(busiest["customer_id"]) if busiest else None


def _read(query: OrderHistoryQuery, *, limit: int | None) -> tuple[int, tuple[ListedOrder, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, _parameters(query, limit=limit))
        rows = cursor.fetchall()
    # Without any order there is still one row: the version alone.
    return rows[0][0], tuple(_listed(row) for row in rows if row[1] is not None)


def _parameters(query: OrderHistoryQuery, *, limit: int | None) -> dict[str, Any]:
    return {
        "stream": customer_stream(query.customer_id),
        "customer_id": query.customer_id,
        "status": query.status,
        "placed_from": query.placed_from,
        "placed_until": query.placed_until,
        "before_at": query.before.placed_at if query.before else None,
        "before_number": query.before.order_number if query.before else None,
        "limit": limit,
    }


def _listed(row: tuple[Any, ...]) -> ListedOrder:
    _, number, customer_id, placed_at, status, item_count, total_pence, returned_pence = row
    return ListedOrder(
        customer_id=customer_id,
        order_number=number,
        placed_at=placed_at,
        status=status,
        item_count=int(item_count),
        total_pence=int(total_pence),
        returned_pence=int(returned_pence),
    )
