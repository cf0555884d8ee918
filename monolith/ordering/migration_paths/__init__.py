"""The reads of ordering that are moving out to services, one module each."""

from __future__ import annotations

from monolith.ordering.migration_paths import customer_summary, order_detail, order_history
from monolith.strangler import registry


def declare() -> None:
    """Make the moving reads known to the strangler; called once the apps are loaded."""
    registry.declare(order_history.order_history)
    registry.declare(order_detail.order_detail)
    registry.declare(customer_summary.customer_summary)
