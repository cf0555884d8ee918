"""Names of tables, and views for what DuckDB and Athena say differently: one for each of them."""

from __future__ import annotations

PLACED, CANCELLED = "ordering_order_placed_v1", "ordering_order_cancelled_v1"
RETURNED, DISPATCHED = "ordering_items_returned_v1", "ordering_order_dispatched_v1"
LISTED, PRICED = "catalogue_product_listed_v1", "catalogue_price_changed_v1"
SOLD_OUT, AVAILABLE = "catalogue_product_sold_out_v1", "catalogue_product_became_available_v1"
COUNTED = "catalogue_product_trade_counted_v1"
STATED = "catalogue_product_snapshot_taken_v1"
"""States of products, which tell of times before they were stated."""
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
    "booked_lines": f"""
        SELECT order_number, placed_at, cancelled_at,
               line.stock_code, line.quantity, line.unit_price_pence
        FROM (SELECT o.order_number, o.placed_at, c.cancelled_at, UNNEST(o.lines) AS line
              FROM {PLACED} AS o LEFT JOIN {CANCELLED} AS c ON c.order_number = o.order_number)
    """,
    "returned_lines": f"""
        SELECT order_number, placed_at, returned_at, line.stock_code, line.refund_pence
        FROM (SELECT order_number, placed_at, returned_at, UNNEST(lines) AS line FROM {RETURNED})
    """,
    "stated_prices": f"""
        SELECT stock_code, version, price.effective_at, price.price_pence
        FROM (SELECT stock_code, version, UNNEST(prices) AS price FROM {STATED})
    """,
}
ATHENA_VIEWS = {
    "ordered_lines": f"""
        SELECT o.order_number, o.customer_id, o.placed_at, o.country,
               t.stock_code, t.quantity, t.unit_price_pence
        FROM {PLACED} AS o
        CROSS JOIN UNNEST(o.lines) AS t (stock_code, description, quantity, unit_price_pence)
    """,
    "booked_lines": f"""
        SELECT o.order_number, o.placed_at, c.cancelled_at,
               t.stock_code, t.quantity, t.unit_price_pence
        FROM {PLACED} AS o LEFT JOIN {CANCELLED} AS c ON c.order_number = o.order_number
        CROSS JOIN UNNEST(o.lines) AS t (stock_code, description, quantity, unit_price_pence)
    """,
    "returned_lines": f"""
        SELECT o.order_number, o.placed_at, o.returned_at, t.stock_code, t.refund_pence
        FROM {RETURNED} AS o CROSS JOIN UNNEST(o.lines) AS t (stock_code, quantity, refund_pence)
    """,
    "stated_prices": f"""
        SELECT o.stock_code, o.version, t.effective_at, t.price_pence
        FROM {STATED} AS o CROSS JOIN UNNEST(o.prices) AS t (price_pence, effective_at)
    """,
}
BEHIND = {
    "ordered_lines": (PLACED,),
    "booked_lines": (PLACED, CANCELLED),
    "returned_lines": (RETURNED,),
    "stated_prices": (STATED,),
}
"""The tables that each view looks at."""
