"""Do customers come back? How many of those who began in a month ordered in each later one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.sales_insights import Cohort
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
    from event_contracts.sales_insights import Period

# The first order is looked for in all of the history, whatever the period.
_COHORTS = """
WITH months AS (
    SELECT DISTINCT customer_id, date_trunc('month', placed_at AT TIME ZONE 'UTC') AS month
    FROM ordering_order WHERE customer_id IS NOT NULL AND placed_at < %(end)s
), firsts AS (
    SELECT customer_id, min(month) AS month FROM months GROUP BY 1
)
SELECT to_char(f.month, 'YYYY-MM') AS month,
       (extract(year FROM m.month) - extract(year FROM f.month))::int * 12
       + (extract(month FROM m.month) - extract(month FROM f.month))::int AS months_later,
       count(*) AS customers
FROM firsts AS f JOIN months AS m ON m.customer_id = f.customer_id
WHERE f.month >= date_trunc('month', %(start)s AT TIME ZONE 'UTC')
GROUP BY 1, 2 ORDER BY 1, 2
"""


def list_cohorts(period: Period) -> list[Cohort]:
    """List who began in the months of a period, and how many of them ordered in each later one."""
    return read_rows(_COHORTS, {"start": period.start, "end": period.end}, Cohort)
