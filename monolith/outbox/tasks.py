"""What Celery does for the outbox: wake-ups and housekeeping, never one task per event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from celery import shared_task
from django.conf import settings

from monolith.outbox import inbox, retention, waking, watching

DAYS_AHEAD = 3
DEFAULT_RETENTION_DAYS = 7
# Longer than an event can lie in a queue (14 days at most) and then in its dead letters (14 more).
DEFAULT_INBOX_DAYS = 30


@shared_task(name="outbox.wake_relays")  # type: ignore[untyped-decorator]
def wake_relays(**_later_arguments: Any) -> None:
    """Have the relays look, in case a wake-up was lost."""
    waking.nudge()


@shared_task(name="outbox.watch")  # type: ignore[untyped-decorator]
def watch(**_later_arguments: Any) -> None:
    """Log the vital signs; CloudWatch's alarms expect them every minute."""
    watching.log_vital_signs()


@shared_task(name="outbox.rotate_partitions")  # type: ignore[untyped-decorator]
def rotate_partitions(**_later_arguments: Any) -> None:
    """Make the coming days' partitions and drop those done with. Idempotent; hourly will do."""
    today = datetime.now(UTC).date()
    retention.create_partitions(today=today, days_ahead=DAYS_AHEAD)
    retention.drop_published(today=today, keep_days=retention_days())
    retention.forget_dead_relays()


@shared_task(name="outbox.forget_handled")  # type: ignore[untyped-decorator]
def forget_handled(**_later_arguments: Any) -> None:
    """Forget events that no queue can deliver again. Idempotent; daily will do."""
    days = float(getattr(settings, "OUTBOX_INBOX_DAYS", DEFAULT_INBOX_DAYS))
    inbox.forget_handled(before=datetime.now(UTC) - timedelta(days=days))


def retention_days() -> int:
    """Return for how many days published events are kept."""
    return int(getattr(settings, "OUTBOX_RETENTION_DAYS", DEFAULT_RETENTION_DAYS))
