"""The staff's reports, out of the tables: one module a question, one statement each.

They read the tables of every app at once. That is what a report in a monolith does, and what makes
it slow, and in the way of others: its cure is the service `sales_insights`.
"""

from __future__ import annotations

from monolith.insights.queries.dispatch import list_dispatch_times
from monolith.insights.queries.price_effects import list_price_effects
from monolith.insights.queries.products import describe_products, list_products_as_of
from monolith.insights.queries.retention import list_cohorts
from monolith.insights.queries.takings import (
    find_days_of_trade,
    list_takings_by_country,
    list_takings_by_day,
    list_takings_by_product,
)

__all__ = [
    "describe_products",
    "find_days_of_trade",
    "list_cohorts",
    "list_dispatch_times",
    "list_price_effects",
    "list_products_as_of",
    "list_takings_by_country",
    "list_takings_by_day",
    "list_takings_by_product",
]
