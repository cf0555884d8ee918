"""What did a change of a price do to the sales of its product?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from event_contracts.sales_insights import EFFECT_DAYS, MOST_ROWS, PriceEffect
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
    from event_contracts.sales_insights import Period

# A price that was corrected for the same instant was overwritten: only the last word is left.
_EFFECTS = """
WITH changes AS (
    SELECT product_id, effective_from AS changed_at, amount_pence AS new_price_pence,
           lag(amount_pence) OVER (PARTITION BY product_id ORDER BY effective_from)
               AS old_price_pence
    FROM catalogue_price
)
SELECT p.stock_code, c.changed_at, c.old_price_pence, c.new_price_pence,
       coalesce(sum(l.quantity) FILTER (WHERE o.placed_at < c.changed_at), 0)::bigint
           AS pieces_before,
       coalesce(sum(l.quantity) FILTER (WHERE o.placed_at >= c.changed_at), 0)::bigint
           AS pieces_after
FROM changes AS c
JOIN catalogue_product AS p ON p.id = c.product_id
LEFT JOIN (
    ordering_orderline AS l JOIN ordering_order AS o ON o.id = l.order_id
) ON l.product_id = c.product_id
    AND o.placed_at >= c.changed_at - %(around)s::interval
    AND o.placed_at < least(c.changed_at + %(around)s::interval, %(end)s)
WHERE c.old_price_pence <> c.new_price_pence
  AND c.changed_at >= %(start)s AND c.changed_at < %(end)s
GROUP BY 1, 2, 3, 4
ORDER BY coalesce(sum(l.quantity), 0) DESC, p.stock_code, c.changed_at
LIMIT %(most)s
"""


def list_price_effects(period: Period) -> list[PriceEffect]:
    """List the changes of the most sold products, with the sales of the days around them."""
    around = timedelta(days=EFFECT_DAYS)
    given = {"start": period.start, "end": period.end, "around": around, "most": MOST_ROWS}
    return read_rows(_EFFECTS, given, PriceEffect)
