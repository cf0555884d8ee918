"""Which orders does one stream hold, and which streams hold any?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from event_contracts.sales_insights import OrderBooked
from event_contracts.streams import CUSTOMER, GUEST_ORDER, stream_key, stream_kind
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from event_contracts.sales_insights import Period

# One statement, so that the version and the orders come from one snapshot of the database.
_BOOKED = """
SELECT stream.version, booked.*
FROM (
    SELECT coalesce((SELECT version FROM outbox_stream WHERE stream = %(stream)s), 0) AS version
) AS stream
LEFT JOIN (
SELECT o.number AS order_number, ordered.pence AS placed_pence,
       CASE WHEN o.cancelled_at < %(end)s THEN ordered.pence ELSE 0 END AS cancelled_pence,
       returned.pence AS refunded_pence
FROM ordering_order AS o
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.quantity::bigint * l.unit_price_pence), 0)::bigint AS pence
    FROM ordering_orderline AS l WHERE l.order_id = o.id
) AS ordered
CROSS JOIN LATERAL (
    SELECT coalesce(sum(b.refund_pence), 0)::bigint AS pence
    FROM ordering_creditnote AS n
    JOIN ordering_creditnoteline AS b ON b.credit_note_id = n.id
    WHERE n.order_id = o.id AND n.issued_at < %(end)s
) AS returned
WHERE (o.customer_id = %(customer_id)s OR (o.number = %(number)s AND o.customer_id IS NULL))
  AND o.placed_at >= %(start)s AND o.placed_at < %(end)s
) AS booked ON true
ORDER BY booked.order_number
"""
_STREAMS = f"""
SELECT stream FROM (
    SELECT DISTINCT '{CUSTOMER}/' || customer_id AS stream FROM ordering_order
    WHERE customer_id IS NOT NULL
    UNION ALL
    SELECT '{GUEST_ORDER}/' || number FROM ordering_order WHERE customer_id IS NULL
) AS streams
"""  # noqa: S608 - names of ours
_KNOWN = f"""
SELECT '{CUSTOMER}/' || customer_id FROM ordering_order WHERE customer_id = ANY(%(customers)s)
UNION
SELECT '{GUEST_ORDER}/' || number FROM ordering_order
WHERE number = ANY(%(guests)s) AND customer_id IS NULL
"""  # noqa: S608


def get_orders_booked(period: Period, stream: str) -> tuple[int, list[OrderBooked]]:
    """Return a stream's version, and its orders: a customer's, or the one that is a guest's own."""
    kind, key = stream_kind(stream), stream_key(stream)
    given = {
        "customer_id": int(key) if kind == CUSTOMER else None,
        "number": key if kind == GUEST_ORDER else None,
        "stream": stream,
        "start": period.start,
        "end": period.end,
    }
    found = read_rows(_BOOKED, given, dict)
    version = found[0]["version"]
    return version, [_order(row) for row in found if row["order_number"] is not None]


def list_order_streams(after: str, limit: int) -> list[str]:
    """List streams that hold orders, in the order of their bytes, behind one of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'{_STREAMS} WHERE stream COLLATE "C" > %s ORDER BY stream COLLATE "C" LIMIT %s',
            [after, limit],
        )
        return [stream for (stream,) in cursor.fetchall()]


def known_order_streams(streams: Collection[str]) -> set[str]:
    """Return which of these streams hold orders."""
    keys: dict[str, list[str]] = {CUSTOMER: [], GUEST_ORDER: []}
    for stream in streams:
        keys[stream_kind(stream)].append(stream_key(stream))
    customers = list(map(int, keys[CUSTOMER]))
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"customers": customers, "guests": keys[GUEST_ORDER]})
        return {stream for (stream,) in cursor.fetchall()}


def _order(row: dict[str, Any]) -> OrderBooked:
    return OrderBooked(**{name: value for name, value in row.items() if name != "version"})


def count_order_streams() -> int:
    """Count the streams that hold orders."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_STREAMS}) AS counted")  # noqa: S608
        return int(cursor.fetchone()[0])
