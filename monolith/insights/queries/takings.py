"""What was taken, by day, by country and by product: orders, cancellations and returns joined."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from event_contracts.sales_insights import MOST_ROWS, Takings
from monolith.insights.queries.reading import read_rows

if TYPE_CHECKING:
    from datetime import date

    from event_contracts.sales_insights import Period

# Every line once for each thing that happened to it, on the day on which that happened. An order
# counts under each of its products, and once under its day and its country.
_BOOKED = """
WITH booked AS (
    SELECT o.placed_at AS at, o.id AS order_id, o.country_id, l.product_id,
           l.quantity::bigint * l.unit_price_pence AS placed, 0::bigint AS cancelled,
           0::bigint AS refunded
    FROM ordering_order AS o JOIN ordering_orderline AS l ON l.order_id = o.id
    WHERE o.placed_at >= %(start)s AND o.placed_at < %(end)s
    UNION ALL
    SELECT o.cancelled_at, NULL, o.country_id, l.product_id,
           0, l.quantity::bigint * l.unit_price_pence, 0
    FROM ordering_order AS o JOIN ordering_orderline AS l ON l.order_id = o.id
    WHERE o.cancelled_at >= %(start)s AND o.cancelled_at < %(end)s
    UNION ALL
    SELECT n.issued_at, NULL, o.country_id, l.product_id, 0, 0, b.refund_pence
    FROM ordering_creditnote AS n
    JOIN ordering_creditnoteline AS b ON b.credit_note_id = n.id
    JOIN ordering_orderline AS l ON l.id = b.order_line_id
    JOIN ordering_order AS o ON o.id = n.order_id
    WHERE n.issued_at >= %(start)s AND n.issued_at < %(end)s
)
"""
_SUMS = """
    count(DISTINCT order_id) AS orders, sum(placed)::bigint AS placed_pence,
    sum(cancelled)::bigint AS cancelled_pence, sum(refunded)::bigint AS refunded_pence
"""
_BY_DAY = f"""{_BOOKED}
SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS name, {_SUMS}
FROM booked GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - nothing of it is anybody's input
_BY_COUNTRY = f"""{_BOOKED}
SELECT c.name, {_SUMS} FROM booked JOIN customers_country AS c ON c.id = country_id
GROUP BY 1 ORDER BY sum(placed - cancelled - refunded) DESC, c.name COLLATE "C"
"""  # noqa: S608
_BY_PRODUCT = f"""{_BOOKED}
SELECT p.stock_code AS name, {_SUMS} FROM booked JOIN catalogue_product AS p ON p.id = product_id
GROUP BY 1 ORDER BY sum(placed - cancelled - refunded) DESC, p.stock_code LIMIT %(most)s
"""  # noqa: S608

_DAYS_OF_TRADE = """
WITH past AS (
    SELECT min(placed_at) AS first, max(placed_at) AS newest FROM ordering_order
    WHERE placed_at < %(since)s
)
SELECT coalesce(past.first, (SELECT min(placed_at) FROM ordering_order)), past.newest,
    (SELECT count(*) FROM ordering_order
     WHERE placed_at > past.newest - make_interval(days => %(days)s) AND placed_at <= past.newest)
    > (SELECT count(*) FROM ordering_order WHERE placed_at >= %(since)s)
FROM past
"""


def list_takings_by_day(period: Period) -> list[Takings]:
    """List the days of a period on which anything was booked."""
    return _read(_BY_DAY, period)


def list_takings_by_country(period: Period) -> list[Takings]:
    """List every country, the largest revenue first."""
    return _read(_BY_COUNTRY, period)


def list_takings_by_product(period: Period) -> list[Takings]:
    """List the products of the largest revenue, the largest first; `orders` names them."""
    return _read(_BY_PRODUCT, period)


def _read(statement: str, period: Period) -> list[Takings]:
    given = {"start": period.start, "end": period.end, "most": MOST_ROWS}
    return read_rows(statement, given, Takings)


def find_days_of_trade(today: date, *, recent_days: int) -> tuple[date, date]:
    """Return the day of the first order, and the day behind those of new trade that are over.

    That is today, unless so many days had less trade than as many had long ago. Then a past is
    being replayed, if anything: the day of its newest order goes on, and something of the day
    before may be on its way.
    """
    since = datetime.combine(today - timedelta(days=recent_days), time(), UTC)
    with connection.cursor() as cursor:
        cursor.execute(_DAYS_OF_TRADE, {"since": since, "days": recent_days})
        first, of_the_past, is_replayed = cursor.fetchone()
    if is_replayed:
        return first.astimezone(UTC).date(), of_the_past.astimezone(UTC).date() - timedelta(days=1)
    return first.astimezone(UTC).date() if first else today, today
