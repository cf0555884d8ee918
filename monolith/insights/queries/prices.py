"""Which prices has one product had, and which will it get?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.sales_insights import KnownPrice
from event_contracts.streams import stream_key
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
    from event_contracts.sales_insights import Period

# One statement, so that the version and the prices come from one snapshot of the database.
_KNOWN = """
SELECT stream.version, price.effective_from AS effective_at, price.amount_pence AS price_pence
FROM (
    SELECT coalesce((SELECT version FROM outbox_stream WHERE stream = %(stream)s), 0) AS version
) AS stream
LEFT JOIN (
    catalogue_price AS price JOIN catalogue_product AS product ON product.id = price.product_id
) ON product.stock_code = %(stock_code)s
    AND price.effective_from >= %(start)s AND price.effective_from < %(end)s
ORDER BY price.effective_from
"""


def get_prices_known(period: Period, stream: str) -> tuple[int, list[KnownPrice]]:
    """Return the version of a product's stream, and its prices that begin within a period."""
    given = {
        "stream": stream,
        "stock_code": stream_key(stream),
        "start": period.start,
        "end": period.end,
    }
    found = read_rows(_KNOWN, given, dict)
    version = found[0].pop("version")
    return version, [
        KnownPrice(effective_at=row["effective_at"], price_pence=row["price_pence"])
        for row in found
        if row["effective_at"] is not None
    ]
