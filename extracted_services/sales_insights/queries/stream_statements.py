"""What is asked about single streams, in SQL. `:about` is one name, or a list of them."""

from __future__ import annotations

from dataclasses import dataclass

from event_contracts.catalogue import ProductSnapshotTaken
from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.registry import EVENT_TYPES
from event_contracts.streams import NO_PRODUCT, PRODUCT, product_stream
from extracted_services.sales_insights.queries.statements import PRICES, Statement
from extracted_services.sales_insights.queries.views import (
    AVAILABLE,
    CANCELLED,
    COUNTED,
    DISPATCHED,
    LISTED,
    PLACED,
    PRICED,
    RETURNED,
    SOLD_OUT,
    STATED,
)
from extracted_services.sales_insights.view import OTHERS


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatements:
    """How one question about single streams is answered.

    `versions` finds what was told of them, in every table that has facts of such streams, for a
    version may stand for something of no interest; `rows` are the answer's, each with its stream.
    """

    versions: Statement
    rows: Statement


def _versions(snapshot: type, *told: str) -> Statement:
    facts = " UNION ALL ".join(
        f"SELECT stream, version, event_type FROM {table} WHERE stream IN (:about)"
        for table in told
    )
    return Statement(
        sql=f"""
            SELECT DISTINCT stream, version, event_type = '{EVENT_TYPES[snapshot]}' AS is_snapshot
            FROM ({facts}) AS facts
        """,
        reads=told,
    )


_BOOKED = Statement(
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
    """,
    reads=(PLACED, CANCELLED, RETURNED),
)
_STREAM = f"'{PRODUCT}/' || stock_code"
_KNOWN = Statement(
    sql=f"""
        {PRICES} SELECT {_STREAM} AS stream, effective_at, price_pence FROM prices
        WHERE {_STREAM} IN (:about) AND effective_at >= :start AND effective_at < :end
        ORDER BY stream, effective_at
    """,
    reads=(LISTED, PRICED, STATED, "stated_prices"),
)
STREAM_STATEMENTS = {
    "orders_booked": StreamStatements(
        versions=_versions(
            CustomerOrdersSnapshotTaken, PLACED, DISPATCHED, CANCELLED, RETURNED, OTHERS
        ),
        rows=_BOOKED,
    ),
    "prices_known": StreamStatements(
        versions=_versions(
            ProductSnapshotTaken, LISTED, PRICED, SOLD_OUT, AVAILABLE, COUNTED, STATED, OTHERS
        ),
        rows=_KNOWN,
    ),
}
"""The questions that are about single streams."""

STREAMS = Statement(
    sql=f"""
        SELECT DISTINCT stream FROM (
            SELECT stream FROM {PLACED} UNION ALL
            SELECT stream FROM {LISTED} UNION ALL
            SELECT stream FROM {STATED} WHERE stream <> '{product_stream(NO_PRODUCT)}'
        ) AS told
        WHERE stream > :about ORDER BY stream
    """,
    reads=(PLACED, LISTED, STATED),
)
