"""The questions in SQL, in what DuckDB and Athena both speak.

Where they differ, there is a view: views.py. `:start` and `:end` are the instants of the period,
`:about` is a stock code, or empty.
"""

from __future__ import annotations

from dataclasses import dataclass

from event_contracts.sales_insights import EFFECT_DAYS, MOST_HOURS, MOST_ROWS
from extracted_services.sales_insights.queries.views import (
    ADDED,
    AVAILABLE,
    CANCELLED,
    CHECKED_OUT,
    DISPATCHED,
    LISTED,
    PLACED,
    PRICED,
    REMOVED,
    RETURNED,
    SOLD_OUT,
    STATED,
)

# An order's sum is in its event: only products need its lines. What became of it is joined to it
# once, and only where something of the order itself is asked for.
_BOOKED_DAYS = f"""
WITH booked AS (
    SELECT placed_at AS booked_at, 1 AS placed_orders,
           total_pence AS placed, 0 AS cancelled, 0 AS refunded
    FROM {PLACED} WHERE placed_at >= :start AND placed_at < :end
    UNION ALL
    SELECT c.cancelled_at, 0, 0, o.total_pence, 0
    FROM {CANCELLED} AS c JOIN {PLACED} AS o ON o.order_number = c.order_number
    WHERE c.cancelled_at >= :start AND c.cancelled_at < :end
    UNION ALL
    SELECT returned_at, 0, 0, 0, refund_pence
    FROM {RETURNED} WHERE returned_at >= :start AND returned_at < :end
)
"""
_BOOKED_COUNTRIES = f"""
WITH later AS (
    SELECT order_number, 1 AS is_cancelled, 0 AS refunded
    FROM {CANCELLED} WHERE cancelled_at >= :start AND cancelled_at < :end
    UNION ALL
    SELECT order_number, 0, refund_pence
    FROM {RETURNED} WHERE returned_at >= :start AND returned_at < :end
), booked AS (
    SELECT country, 1 AS placed_orders, total_pence AS placed, 0 AS cancelled, 0 AS refunded
    FROM {PLACED} WHERE placed_at >= :start AND placed_at < :end
    UNION ALL
    SELECT o.country, 0, 0, l.is_cancelled * o.total_pence, l.refunded
    FROM later AS l JOIN {PLACED} AS o ON o.order_number = l.order_number
)
"""
_IS_PLACED = "placed_at >= :start AND placed_at < :end"
_IS_CANCELLED = "cancelled_at >= :start AND cancelled_at < :end"
# Lines are many, so they are looked at once, whatever became of their order.
_BOOKED_LINES = f"""
WITH booked AS (
    SELECT stock_code, CASE WHEN {_IS_PLACED} THEN order_number END AS placed_order,
           CASE WHEN {_IS_PLACED} THEN quantity * unit_price_pence ELSE 0 END AS placed,
           CASE WHEN {_IS_CANCELLED} THEN quantity * unit_price_pence ELSE 0 END AS cancelled,
           0 AS refunded
    FROM booked_lines WHERE ({_IS_PLACED}) OR ({_IS_CANCELLED})
    UNION ALL
    SELECT stock_code, NULL, 0, 0, refund_pence
    FROM returned_lines WHERE returned_at >= :start AND returned_at < :end
)
"""
_SUMS = """CAST(sum(placed_orders) AS BIGINT) AS orders,
    CAST(sum(placed) AS BIGINT) AS placed_pence,
    CAST(sum(cancelled) AS BIGINT) AS cancelled_pence,
    CAST(sum(refunded) AS BIGINT) AS refunded_pence"""
_BOOKED_TABLES = (PLACED, CANCELLED, RETURNED)
# The last word about an instant holds, whenever it was said. Of a product that was on sale before
# there were events, the first change says what it had cost, until a snapshot tells all its prices.
PRICES = f"""
WITH prices AS (
    SELECT stock_code, effective_at, max_by(price_pence, version) AS price_pence,
           max_by(former_pence, CASE WHEN former_pence IS NOT NULL THEN version END)
               AS former_pence
    FROM (
        SELECT stock_code, listed_at AS effective_at, price_pence, version,
               CAST(NULL AS BIGINT) AS former_pence
        FROM {LISTED}
        UNION ALL
        SELECT stock_code, effective_at, new_price_pence, version, old_price_pence FROM {PRICED}
        UNION ALL
        SELECT stock_code, effective_at, price_pence, version, CAST(NULL AS BIGINT)
        FROM stated_prices
    ) AS said
    GROUP BY stock_code, effective_at
)
"""
_MONTH = "substr(CAST(CAST(date_trunc('month', {0}) AS DATE) AS VARCHAR), 1, 7)"
# A basket that was ordered is empty, and may be filled again: what follows is another one.
_ROUNDS = f"""
WITH steps AS (
    SELECT basket_id, version, added_at AS step_at, 'added' AS kind, stock_code,
           added_quantity AS pieces
    FROM {ADDED}
    UNION ALL
    SELECT basket_id, version, removed_at, 'removed', stock_code, removed_quantity FROM {REMOVED}
    UNION ALL
    SELECT basket_id, version, checked_out_at, 'ordered', CAST(NULL AS VARCHAR), 0
    FROM {CHECKED_OUT}
), numbered AS (
    SELECT basket_id, step_at, kind, stock_code, pieces,
           coalesce(sum(CASE WHEN kind = 'ordered' THEN 1 ELSE 0 END) OVER (
               PARTITION BY basket_id ORDER BY version
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ), 0) AS round
    FROM steps WHERE step_at < :end
), rounds AS (
    SELECT basket_id, round, min(step_at) AS begun_at,
           max(CASE WHEN kind = 'ordered' THEN 1 ELSE 0 END) AS ordered
    FROM numbered GROUP BY basket_id, round
)
"""
_BASKET_TABLES = (ADDED, REMOVED, CHECKED_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The SQL of a question, and the tables and views that it reads."""

    sql: str
    reads: tuple[str, ...]


def _statement(sql: str, *reads: str) -> Statement:
    return Statement(sql=sql, reads=reads)


STATEMENTS: dict[str, Statement] = {
    "takings_by_day": _statement(
        f"""{_BOOKED_DAYS} SELECT CAST(CAST(booked_at AS DATE) AS VARCHAR) AS name, {_SUMS}
        FROM booked GROUP BY 1 ORDER BY 1""",
        *_BOOKED_TABLES,
    ),
    "takings_by_country": _statement(
        f"""{_BOOKED_COUNTRIES} SELECT country AS name, {_SUMS} FROM booked
        GROUP BY country ORDER BY sum(placed - cancelled - refunded) DESC, country""",
        *_BOOKED_TABLES,
    ),
    "takings_by_product": _statement(
        f"""{_BOOKED_LINES} SELECT stock_code AS name,
            count(DISTINCT placed_order) AS orders,
            CAST(sum(placed) AS BIGINT) AS placed_pence,
            CAST(sum(cancelled) AS BIGINT) AS cancelled_pence,
            CAST(sum(refunded) AS BIGINT) AS refunded_pence
        FROM booked GROUP BY stock_code
        ORDER BY sum(placed - cancelled - refunded) DESC, stock_code LIMIT {MOST_ROWS}""",
        "booked_lines", "returned_lines",
    ),
    "cohorts": _statement(
        f"""WITH months AS (
            SELECT DISTINCT customer_id, date_trunc('month', placed_at) AS month
            FROM {PLACED} WHERE customer_id IS NOT NULL AND placed_at < :end
        ), firsts AS (
            SELECT customer_id, min(month) AS month FROM months GROUP BY customer_id
        )
        SELECT {_MONTH.format("f.month")} AS month,
               (year(m.month) - year(f.month)) * 12 + month(m.month) - month(f.month)
                   AS months_later,
               count(*) AS customers
        FROM firsts AS f JOIN months AS m ON m.customer_id = f.customer_id
        WHERE f.month >= date_trunc('month', :start)
        GROUP BY 1, 2 ORDER BY 1, 2""",
        PLACED,
    ),
    "price_effects": _statement(
        f"""{PRICES}, changes AS (
            SELECT stock_code, effective_at AS changed_at, price_pence AS new_price_pence,
                   coalesce(
                       lag(price_pence) OVER (PARTITION BY stock_code ORDER BY effective_at),
                       former_pence
                   ) AS old_price_pence
            FROM prices
        )
        SELECT c.stock_code, c.changed_at, c.old_price_pence, c.new_price_pence,
               CAST(coalesce(sum(l.quantity) FILTER (WHERE l.placed_at < c.changed_at), 0)
                   AS BIGINT) AS pieces_before,
               CAST(coalesce(sum(l.quantity) FILTER (WHERE l.placed_at >= c.changed_at), 0)
                   AS BIGINT) AS pieces_after
        FROM changes AS c LEFT JOIN ordered_lines AS l ON l.stock_code = c.stock_code
            AND l.placed_at >= c.changed_at - INTERVAL '{EFFECT_DAYS}' DAY
            AND l.placed_at < c.changed_at + INTERVAL '{EFFECT_DAYS}' DAY
            AND l.placed_at < :end
        WHERE c.old_price_pence <> c.new_price_pence
          AND c.changed_at >= :start AND c.changed_at < :end
        GROUP BY c.stock_code, c.changed_at, c.old_price_pence, c.new_price_pence
        ORDER BY coalesce(sum(l.quantity), 0) DESC, c.stock_code, c.changed_at
        LIMIT {MOST_ROWS}""",
        LISTED, PRICED, "stated_prices", "ordered_lines",
    ),
    "dispatch_times": _statement(
        f"""SELECT least(CAST(floor(date_diff('millisecond', placed_at, dispatched_at)
                / 3600000.0) AS BIGINT), {MOST_HOURS}) AS hours, count(*) AS parcels
        FROM {DISPATCHED} WHERE dispatched_at >= :start AND dispatched_at < :end
        GROUP BY 1 ORDER BY 1""",
        DISPATCHED,
    ),
    "products_as_of": _statement(
        f"""{PRICES}, priced AS (
            SELECT stock_code, max_by(price_pence, effective_at) AS price_pence
            FROM prices WHERE effective_at < :end GROUP BY stock_code
        ), shelves AS (
            SELECT stock_code, max_by(is_available, version) AS is_available
            FROM (
                SELECT stock_code, version, listed_at AS crossed_at, is_available FROM {LISTED}
                UNION ALL
                SELECT stock_code, version, sold_out_at, false FROM {SOLD_OUT}
                UNION ALL
                SELECT stock_code, version, available_at, true FROM {AVAILABLE}
                UNION ALL
                SELECT stock_code, version, occurred_at, is_available FROM {STATED}
            ) AS crossings
            WHERE crossed_at < :end GROUP BY stock_code
        ), products AS (
            SELECT stock_code, max_by(description, version) AS description
            FROM (
                SELECT stock_code, version, description, listed_at FROM {LISTED}
                UNION ALL
                SELECT stock_code, version, description, listed_at FROM {STATED}
            ) AS told
            WHERE listed_at < :end AND stock_code NOT IN (
                SELECT stock_code FROM {STATED} WHERE is_withdrawn AND occurred_at < :end
            )
            GROUP BY stock_code
        )
        SELECT p.stock_code, p.description, priced.price_pence, s.is_available
        FROM products AS p JOIN priced ON priced.stock_code = p.stock_code
        LEFT JOIN shelves AS s ON s.stock_code = p.stock_code
        WHERE :about = '' OR p.stock_code = :about
        ORDER BY p.stock_code""",
        LISTED, PRICED, SOLD_OUT, AVAILABLE, STATED, "stated_prices",
    ),
    "baskets_by_day": _statement(
        f"""{_ROUNDS} SELECT CAST(CAST(begun_at AS DATE) AS VARCHAR) AS day, count(*) AS begun,
               CAST(sum(ordered) AS BIGINT) AS ordered
        FROM rounds WHERE begun_at >= :start GROUP BY 1 ORDER BY 1""",
        *_BASKET_TABLES,
    ),
    "removed_products": _statement(
        f"""{_ROUNDS} SELECT n.stock_code, count(*) AS removals,
               CAST(sum(n.pieces) AS BIGINT) AS pieces,
               CAST(sum(r.ordered) AS BIGINT) AS from_ordered
        FROM numbered AS n JOIN rounds AS r ON r.basket_id = n.basket_id AND r.round = n.round
        WHERE n.kind = 'removed' AND n.step_at >= :start
        GROUP BY n.stock_code ORDER BY count(*) DESC, n.stock_code LIMIT {MOST_ROWS}""",
        *_BASKET_TABLES,
    ),
}  # fmt: skip
