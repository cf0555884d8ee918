"""Which orders does one stream hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from event_contracts.sales_insights import OrderBooked
from event_contracts.streams import CUSTOMER, GUEST_ORDER, stream_key, stream_kind
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
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


def _order(row: dict[str, Any]) -> OrderBooked:
    return OrderBooked(**{name: value for name, value in row.items() if name != "version"})
