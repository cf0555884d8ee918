"""The questions in SQL, in what DuckDB and Athena both speak.

Where they differ, there is a view: `VIEWS` for DuckDB, `ATHENA_VIEWS` for Athena. `:start` and
`:end` are the instants of the period, `:about` is a stock code, or empty.
"""

from __future__ import annotations

from dataclasses import dataclass

from event_contracts.sales_insights import EFFECT_DAYS, MOST_HOURS, MOST_ROWS

PLACED, CANCELLED = "ordering_order_placed_v1", "ordering_order_cancelled_v1"
RETURNED, DISPATCHED = "ordering_items_returned_v1", "ordering_order_dispatched_v1"
LISTED, PRICED = "catalogue_product_listed_v1", "catalogue_price_changed_v1"
SOLD_OUT, AVAILABLE = "catalogue_product_sold_out_v1", "catalogue_product_became_available_v1"
ADDED, REMOVED = "ordering_basket_line_added_v1", "ordering_basket_line_removed_v1"
CHECKED_OUT = "ordering_basket_checked_out_v1"

# DuckDB unnests a list of structures into one column, Athena an array of rows into one per field.
# In the SELECT clause, because DuckDB takes a join with UNNEST for a join, and hashes the lists.
VIEWS = {
    "ordered_lines": f"""
        SELECT order_number, customer_id, placed_at, country,
               line.stock_code, line.quantity, line.unit_price_pence
        FROM (SELECT order_number, customer_id, placed_at, country, UNNEST(lines) AS line
              FROM {PLACED})
    """,
    "cancelled_lines": f"""
        SELECT cancelled_at, line.stock_code, line.quantity, line.unit_price_pence
        FROM (SELECT c.cancelled_at, UNNEST(o.lines) AS line
              FROM {CANCELLED} AS c JOIN {PLACED} AS o ON o.order_number = c.order_number)
    """,
    "returned_lines": f"""
        SELECT order_number, placed_at, returned_at, line.stock_code, line.refund_pence
        FROM (SELECT order_number, placed_at, returned_at, UNNEST(lines) AS line FROM {RETURNED})
    """,
}
ATHENA_VIEWS = {
    "ordered_lines": f"""
        SELECT o.order_number, o.customer_id, o.placed_at, o.country,
               t.stock_code, t.quantity, t.unit_price_pence
        FROM {PLACED} AS o
        CROSS JOIN UNNEST(o.lines) AS t (stock_code, description, quantity, unit_price_pence)
    """,
    "cancelled_lines": f"""
        SELECT c.cancelled_at, t.stock_code, t.quantity, t.unit_price_pence
        FROM {CANCELLED} AS c JOIN {PLACED} AS o ON o.order_number = c.order_number
        CROSS JOIN UNNEST(o.lines) AS t (stock_code, description, quantity, unit_price_pence)
    """,
    "returned_lines": f"""
        SELECT o.order_number, o.placed_at, o.returned_at, t.stock_code, t.refund_pence
        FROM {RETURNED} AS o CROSS JOIN UNNEST(o.lines) AS t (stock_code, quantity, refund_pence)
    """,
}
BEHIND = {
    "ordered_lines": (PLACED,),
    "cancelled_lines": (PLACED, CANCELLED),
    "returned_lines": (RETURNED,),
}
"""The tables that each view looks at."""

# An order's sum is in its event: only products need its lines.
_BOOKED = f"""
WITH booked AS (
    SELECT placed_at AS booked_at, country, 1 AS placed_orders,
           total_pence AS placed, 0 AS cancelled, 0 AS refunded
    FROM {PLACED} WHERE placed_at >= :start AND placed_at < :end
    UNION ALL
    SELECT c.cancelled_at, o.country, 0, 0, o.total_pence, 0
    FROM {CANCELLED} AS c JOIN {PLACED} AS o ON o.order_number = c.order_number
    WHERE c.cancelled_at >= :start AND c.cancelled_at < :end
    UNION ALL
    SELECT r.returned_at, o.country, 0, 0, 0, r.refund_pence
    FROM {RETURNED} AS r JOIN {PLACED} AS o ON o.order_number = r.order_number
    WHERE r.returned_at >= :start AND r.returned_at < :end
)
"""
_BOOKED_LINES = f"""
WITH booked AS (
    SELECT stock_code, sum(quantity * unit_price_pence) AS placed, 0 AS cancelled, 0 AS refunded
    FROM ordered_lines WHERE placed_at >= :start AND placed_at < :end GROUP BY stock_code
    UNION ALL
    SELECT stock_code, 0, sum(quantity * unit_price_pence), 0
    FROM cancelled_lines WHERE cancelled_at >= :start AND cancelled_at < :end GROUP BY stock_code
    UNION ALL
    SELECT stock_code, 0, 0, sum(refund_pence)
    FROM returned_lines WHERE returned_at >= :start AND returned_at < :end GROUP BY stock_code
), ranked AS (
    SELECT stock_code, sum(placed) AS placed, sum(cancelled) AS cancelled,
           sum(refunded) AS refunded
    FROM booked GROUP BY stock_code
    ORDER BY sum(placed - cancelled - refunded) DESC, stock_code LIMIT {MOST_ROWS}
), counted AS (
    SELECT stock_code, count(DISTINCT order_number) AS orders
    FROM ordered_lines WHERE placed_at >= :start AND placed_at < :end
        AND stock_code IN (SELECT stock_code FROM ranked)
    GROUP BY stock_code
)
"""
_SUMS = """CAST(sum(placed_orders) AS BIGINT) AS orders,
    CAST(sum(placed) AS BIGINT) AS placed_pence,
    CAST(sum(cancelled) AS BIGINT) AS cancelled_pence,
    CAST(sum(refunded) AS BIGINT) AS refunded_pence"""
_BOOKED_TABLES = (PLACED, CANCELLED, RETURNED)
# The last word about an instant holds, whenever it was said. Of a product that was on sale before
# there were events, only the first change tells what it had cost.
_PRICES = f"""
WITH prices AS (
    SELECT stock_code, effective_at, max_by(price_pence, version) AS price_pence,
           max_by(former_pence, version) AS former_pence
    FROM (
        SELECT stock_code, listed_at AS effective_at, price_pence, version,
               CAST(NULL AS BIGINT) AS former_pence
        FROM {LISTED}
        UNION ALL
        SELECT stock_code, effective_at, new_price_pence, version, old_price_pence FROM {PRICED}
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
        f"""{_BOOKED} SELECT CAST(CAST(booked_at AS DATE) AS VARCHAR) AS name, {_SUMS}
        FROM booked GROUP BY 1 ORDER BY 1""",
        *_BOOKED_TABLES,
    ),
    "takings_by_country": _statement(
        f"""{_BOOKED} SELECT country AS name, {_SUMS} FROM booked
        GROUP BY country ORDER BY sum(placed - cancelled - refunded) DESC, country""",
        *_BOOKED_TABLES,
    ),
    "takings_by_product": _statement(
        f"""{_BOOKED_LINES} SELECT r.stock_code AS name, coalesce(c.orders, 0) AS orders,
            CAST(r.placed AS BIGINT) AS placed_pence,
            CAST(r.cancelled AS BIGINT) AS cancelled_pence,
            CAST(r.refunded AS BIGINT) AS refunded_pence
        FROM ranked AS r LEFT JOIN counted AS c ON c.stock_code = r.stock_code
        ORDER BY r.placed - r.cancelled - r.refunded DESC, r.stock_code""",
        "ordered_lines", "cancelled_lines", "returned_lines",
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
        f"""{_PRICES}, changes AS (
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
        LISTED, PRICED, "ordered_lines",
    ),
    "dispatch_times": _statement(
        f"""SELECT least(CAST(floor(date_diff('millisecond', placed_at, dispatched_at)
                / 3600000.0) AS BIGINT), {MOST_HOURS}) AS hours, count(*) AS parcels
        FROM {DISPATCHED} WHERE dispatched_at >= :start AND dispatched_at < :end
        GROUP BY 1 ORDER BY 1""",
        DISPATCHED,
    ),
    "products_as_of": _statement(
        f"""{_PRICES}, priced AS (
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
            ) AS crossings
            WHERE crossed_at < :end GROUP BY stock_code
        )
        SELECT p.stock_code, p.description, priced.price_pence, s.is_available
        FROM {LISTED} AS p JOIN priced ON priced.stock_code = p.stock_code
        JOIN shelves AS s ON s.stock_code = p.stock_code
        WHERE p.listed_at < :end AND (:about = '' OR p.stock_code = :about)
        ORDER BY p.stock_code""",
        LISTED, PRICED, SOLD_OUT, AVAILABLE,
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
