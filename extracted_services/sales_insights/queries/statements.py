"""The questions in SQL, in what DuckDB and Athena both speak.

Where they differ, there is a view: `VIEWS` for DuckDB, `ATHENA_VIEWS` for Athena. `:start` and
`:end` are the instants of the period, `:about` is a stock code, a stream, or empty.
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
VIEWS = {
    "ordered_lines": f"""
        SELECT o.order_number, o.customer_id, o.placed_at, o.country,
               line.stock_code, line.quantity, line.unit_price_pence
        FROM {PLACED} AS o CROSS JOIN UNNEST(o.lines) AS t (line)
    """,
    "returned_lines": f"""
        SELECT o.order_number, o.placed_at, o.returned_at, line.stock_code, line.refund_pence
        FROM {RETURNED} AS o CROSS JOIN UNNEST(o.lines) AS t (line)
    """,
}
ATHENA_VIEWS = {
    "ordered_lines": f"""
        SELECT o.order_number, o.customer_id, o.placed_at, o.country,
               t.stock_code, t.quantity, t.unit_price_pence
        FROM {PLACED} AS o
        CROSS JOIN UNNEST(o.lines) AS t (stock_code, description, quantity, unit_price_pence)
    """,
    "returned_lines": f"""
        SELECT o.order_number, o.placed_at, o.returned_at, t.stock_code, t.refund_pence
        FROM {RETURNED} AS o CROSS JOIN UNNEST(o.lines) AS t (stock_code, quantity, refund_pence)
    """,
}
BEHIND = {"ordered_lines": PLACED, "returned_lines": RETURNED}
"""The table that each view looks at."""

_BOOKED = f"""
WITH booked AS (
    SELECT placed_at AS booked_at, order_number, country, stock_code,
           quantity * unit_price_pence AS placed, 0 AS cancelled, 0 AS refunded
    FROM ordered_lines WHERE placed_at >= :start AND placed_at < :end
    UNION ALL
    SELECT c.cancelled_at, CAST(NULL AS VARCHAR), l.country, l.stock_code,
           0, l.quantity * l.unit_price_pence, 0
    FROM {CANCELLED} AS c JOIN ordered_lines AS l ON l.order_number = c.order_number
    WHERE c.cancelled_at >= :start AND c.cancelled_at < :end
    UNION ALL
    SELECT r.returned_at, CAST(NULL AS VARCHAR), o.country, r.stock_code, 0, 0, r.refund_pence
    FROM returned_lines AS r JOIN {PLACED} AS o ON o.order_number = r.order_number
    WHERE r.returned_at >= :start AND r.returned_at < :end
)
"""
_SUMS = """count(DISTINCT order_number) AS orders, CAST(sum(placed) AS BIGINT) AS placed_pence,
    CAST(sum(cancelled) AS BIGINT) AS cancelled_pence,
    CAST(sum(refunded) AS BIGINT) AS refunded_pence"""
_BOOKED_TABLES = ("ordered_lines", "returned_lines", CANCELLED)
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
    SELECT stream, version, added_at AS step_at, 'added' AS kind, stock_code,
           added_quantity AS pieces
    FROM {ADDED}
    UNION ALL
    SELECT stream, version, removed_at, 'removed', stock_code, removed_quantity FROM {REMOVED}
    UNION ALL
    SELECT stream, version, checked_out_at, 'ordered', CAST(NULL AS VARCHAR), 0 FROM {CHECKED_OUT}
), numbered AS (
    SELECT stream, step_at, kind, stock_code, pieces,
           coalesce(sum(CASE WHEN kind = 'ordered' THEN 1 ELSE 0 END) OVER (
               PARTITION BY stream ORDER BY version
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ), 0) AS round
    FROM steps WHERE step_at < :end
), rounds AS (
    SELECT stream, round, min(step_at) AS begun_at,
           max(CASE WHEN kind = 'ordered' THEN 1 ELSE 0 END) AS ordered
    FROM numbered GROUP BY stream, round
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
        f"""{_BOOKED} SELECT stock_code AS name, {_SUMS} FROM booked
        GROUP BY stock_code ORDER BY sum(placed - cancelled - refunded) DESC, stock_code
        LIMIT {MOST_ROWS}""",
        *_BOOKED_TABLES,
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
    "orders_booked": _statement(
        f"""SELECT o.order_number, o.total_pence AS placed_pence,
               CASE WHEN c.order_number IS NULL THEN 0 ELSE o.total_pence END AS cancelled_pence,
               CAST(coalesce(sum(r.refund_pence), 0) AS BIGINT) AS refunded_pence
        FROM {PLACED} AS o
        LEFT JOIN {CANCELLED} AS c ON c.order_number = o.order_number AND c.cancelled_at < :end
        LEFT JOIN {RETURNED} AS r ON r.order_number = o.order_number AND r.returned_at < :end
        WHERE o.stream = :about AND o.placed_at >= :start AND o.placed_at < :end
        GROUP BY o.order_number, o.total_pence, c.order_number ORDER BY o.order_number""",
        PLACED, CANCELLED, RETURNED,
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
        FROM numbered AS n JOIN rounds AS r ON r.stream = n.stream AND r.round = n.round
        WHERE n.kind = 'removed' AND n.step_at >= :start
        GROUP BY n.stock_code ORDER BY count(*) DESC, n.stock_code LIMIT {MOST_ROWS}""",
        *_BASKET_TABLES,
    ),
}  # fmt: skip
