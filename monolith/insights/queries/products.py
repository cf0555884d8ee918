"""What did the shop offer at an instant, and at which prices?

The tables know the prices, except those that were corrected since. Of the stock they know today's:
whether there was any at the instant, they cannot tell, and say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from event_contracts.sales_insights import ProductAsOf
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

# The description is today's: a former one was overwritten.
_AS_OF = """
SELECT p.stock_code, p.description, price.amount_pence AS price_pence,
       NULL::boolean AS is_available
FROM catalogue_product AS p
CROSS JOIN LATERAL (
    SELECT amount_pence FROM catalogue_price
    WHERE product_id = p.id AND effective_from < %(at)s
    ORDER BY effective_from DESC LIMIT 1
) AS price
WHERE p.listed_at < %(at)s AND (p.withdrawn_at IS NULL OR p.withdrawn_at >= %(at)s)
  AND (%(code)s::text IS NULL OR p.stock_code = %(code)s)
ORDER BY p.stock_code
"""


def list_products_as_of(at: datetime, *, stock_code: str | None = None) -> list[ProductAsOf]:
    """List what was on sale just before an instant: everything, or one product."""
    return read_rows(_AS_OF, {"at": at, "code": stock_code}, ProductAsOf)


def describe_products(stock_codes: Collection[str]) -> dict[str, str]:
    """Return what each of these products is called today; unknown ones are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stock_code, description FROM catalogue_product WHERE stock_code = ANY(%s)",
            [list(stock_codes)],
        )
        return dict(cursor.fetchall())
