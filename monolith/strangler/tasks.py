"""What Celery does for the strangler: housekeeping."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from monolith.strangler import mismatches


@shared_task(name="strangler.purge_samples")  # type: ignore[untyped-decorator]
def purge_samples(**_later_arguments: Any) -> None:
    """Delete the samples of mismatches that have expired. Idempotent; daily will do."""
    mismatches.purge(at=timezone.now())
