"""Batch jobs of ordering, for Celery."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from monolith.catalogue.operations import record_trade_counts
from monolith.ordering.queries import count_trade


@shared_task(name="ordering.count_trade")  # type: ignore[untyped-decorator]
def count_trade_of_past_days() -> None:
    """Count the trade of all days before today (UTC), and hand the catalogue what changed."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    record_trade_counts(counted=count_trade(until=midnight), counted_until=midnight)
