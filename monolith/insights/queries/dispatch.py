"""How long does it take from an order until its parcel leaves?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.sales_insights import MOST_HOURS, DispatchTime
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
    from event_contracts.sales_insights import Period

_TIMES = """
SELECT least(floor(extract(epoch FROM dispatched_at - placed_at) / 3600), %(most)s)::int AS hours,
       count(*) AS parcels
FROM ordering_order
WHERE dispatched_at >= %(start)s AND dispatched_at < %(end)s
GROUP BY 1 ORDER BY 1
"""


def list_dispatch_times(period: Period) -> list[DispatchTime]:
    """List the parcels that left in a period by the whole hours that they took."""
    given = {"start": period.start, "end": period.end, "most": MOST_HOURS}
    return read_rows(_TIMES, given, DispatchTime)
