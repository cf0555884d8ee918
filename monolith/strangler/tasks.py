"""What Celery does for the strangler: housekeeping."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from monolith.strangler.watching import forgetting


@shared_task(name="strangler.forget_old")  # type: ignore[untyped-decorator]
def forget_old(**_later_arguments: Any) -> None:
    """Delete what was observed long ago, and samples that have expired. Idempotent; hourly."""
    forgetting.forget_old(at=timezone.now())
