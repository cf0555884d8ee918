"""What do the orders say about each product? Counted over all days before an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from monolith.catalogue.queries import CountedTrade

if TYPE_CHECKING:
    from datetime import datetime

MOST_POPULAR = 100
"""How many products a country is said to like."""
ALSO_BOUGHT = 6
# A wholesaler's list of hundreds says nothing about what goes with what, and costs its square.
LARGEST_BASKET = 40
_COMMON_ORDERS = 3

# What goes with a product: orders in common, against how often the other is bought anyway.
_COUNT = """
WITH bought AS MATERIALIZED (
    SELECT DISTINCT line.order_id, line.product_id, o.country_id
    FROM ordering_orderline AS line JOIN ordering_order AS o ON o.id = line.order_id
    WHERE o.placed_at < %(until)s AND o.status <> 'cancelled'
), counted AS MATERIALIZED (
    SELECT product_id, count(*) AS orders FROM bought GROUP BY product_id
), by_country AS (
    SELECT product_id, country_id, row_number() OVER (
        PARTITION BY country_id ORDER BY count(*) DESC, product_id
    ) AS place
    FROM bought GROUP BY product_id, country_id
), liked AS (
    SELECT product_id, array_agg(country.name ORDER BY country.name COLLATE "C") AS countries
    FROM by_country JOIN customers_country AS country ON country.id = by_country.country_id
    WHERE place <= %(most_popular)s GROUP BY product_id
), basket AS MATERIALIZED (
    SELECT order_id, product_id FROM bought
    WHERE order_id IN (
        SELECT order_id FROM bought GROUP BY order_id HAVING count(*) BETWEEN 2 AND %(largest)s
    )
), pairs AS (
    SELECT one.product_id, other.product_id AS other_id, count(*) AS common
    FROM basket AS one JOIN basket AS other
      ON other.order_id = one.order_id AND other.product_id <> one.product_id
    GROUP BY one.product_id, other.product_id HAVING count(*) >= %(common)s
), ranked AS (
    SELECT pairs.product_id, other.stock_code, row_number() OVER (
        PARTITION BY pairs.product_id
        ORDER BY pairs.common / sqrt(counted.orders) DESC, other.stock_code
    ) AS place
    FROM pairs
    JOIN counted ON counted.product_id = pairs.other_id
    JOIN catalogue_product AS other ON other.id = pairs.other_id
), goes_with AS (
    SELECT product_id, array_agg(stock_code ORDER BY place) AS codes
    FROM ranked WHERE place <= %(also_bought)s GROUP BY product_id
)
SELECT p.stock_code, counted.orders, coalesce(liked.countries, '{}'),
       coalesce(goes_with.codes, '{}')
FROM counted
JOIN catalogue_product AS p ON p.id = counted.product_id
LEFT JOIN liked ON liked.product_id = counted.product_id
LEFT JOIN goes_with ON goes_with.product_id = counted.product_id
ORDER BY p.stock_code
"""


def count_trade(*, until: datetime) -> list[CountedTrade]:
    """Count the orders placed before an instant, product by product; cancelled ones do not count.

    A country likes the hundred products that most of its orders have. What was bought with a
    product is what shares most orders with it, for how often it is bought at all; three at least.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "until": until,
                "most_popular": MOST_POPULAR,
                "largest": LARGEST_BASKET,
                "common": _COMMON_ORDERS,
                "also_bought": ALSO_BOUGHT,
            },
        )
        return [
            CountedTrade(
                stock_code=stock_code,
                order_count=orders,
                popular_in=tuple(countries),
                also_bought=tuple(codes),
            )
            for stock_code, orders, countries, codes in cursor.fetchall()
        ]
