"""What is asked about streams of orders, in SQL. `:about` is one name, or a list of them."""

from __future__ import annotations

from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.registry import EVENT_TYPES
from extracted_services.sales_insights.queries.statements import (
    CANCELLED,
    DISPATCHED,
    PLACED,
    RETURNED,
    Statement,
)
from extracted_services.sales_insights.view import OTHERS

_SNAPSHOT = EVENT_TYPES[CustomerOrdersSnapshotTaken]
# Every table that has facts of these streams: a version may stand for something of no interest.
TOLD = (PLACED, DISPATCHED, CANCELLED, RETURNED, OTHERS)
_FACTS = " UNION ALL ".join(
    f"SELECT stream, version, event_type FROM {table} WHERE stream IN (:about)"  # noqa: S608
    for table in TOLD
)
VERSIONS = Statement(
    sql=f"""
        SELECT DISTINCT stream, version, event_type = '{_SNAPSHOT}' AS is_snapshot
        FROM ({_FACTS}) AS facts
    """,  # noqa: S608
    reads=TOLD,
)
BOOKED = Statement(
    sql=f"""
        SELECT o.stream, o.order_number, o.total_pence AS placed_pence,
               CASE WHEN c.order_number IS NULL THEN 0 ELSE o.total_pence END AS cancelled_pence,
               CAST(coalesce(sum(r.refund_pence), 0) AS BIGINT) AS refunded_pence
        FROM {PLACED} AS o
        LEFT JOIN {CANCELLED} AS c ON c.order_number = o.order_number AND c.cancelled_at < :end
        LEFT JOIN {RETURNED} AS r ON r.order_number = o.order_number AND r.returned_at < :end
        WHERE o.stream IN (:about) AND o.placed_at >= :start AND o.placed_at < :end
        GROUP BY o.stream, o.order_number, o.total_pence, c.order_number
        ORDER BY o.stream, o.order_number
    """,  # noqa: S608
    reads=(PLACED, CANCELLED, RETURNED),
)
STREAMS = Statement(
    sql=f"SELECT DISTINCT stream FROM {PLACED} WHERE stream > :about ORDER BY stream",  # noqa: S608
    reads=(PLACED,),
)
