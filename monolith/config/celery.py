"""Celery on SQS, locally and in production: wake-ups and batch jobs, never one task per event."""

from __future__ import annotations

import os

from celery import Celery, signals
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monolith.config.settings")

from django.conf import settings

from monolith.config import tracing
from monolith.outbox.worker import RelayStep
from monolith.strangler.worker import WatchStep

QUEUE = "banyan-tasks"

app = Celery("banyan")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    task_default_queue=QUEUE,
    task_ignore_result=True,
    task_acks_late=True,
    timezone="UTC",
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
if settings.CELERY_BROKER_URL.startswith("sqs://"):
    app.conf.broker_transport_options = {
        "region": settings.AWS_REGION,
        "visibility_timeout": 900,
        "wait_time_seconds": 20,
        "polling_interval": 1,
        "predefined_queues": {QUEUE: {"url": settings.CELERY_TASK_QUEUE_URL}},
    }
app.conf.beat_schedule = {
    "wake-relays": {"task": "outbox.wake_relays", "schedule": 60},
    # Nobody misses the signs of a minute that is over.
    "watch-outbox": {"task": "outbox.watch", "schedule": 60, "options": {"expires": 60}},
    "rotate-partitions": {"task": "outbox.rotate_partitions", "schedule": 3600},
    "forget-handled": {"task": "outbox.forget_handled", "schedule": 86_400},
    # Soon after midnight, when the day before is over everywhere that orders are taken.
    "count-trade": {"task": "ordering.count_trade", "schedule": crontab(hour=0, minute=10)},
    "forget-observations": {"task": "strangler.forget_old", "schedule": 3600},
}
app.steps["worker"].add(RelayStep)
app.steps["worker"].add(WatchStep)
app.autodiscover_tasks()


def _start_tracing(**_worker: object) -> None:
    tracing.start("worker")


signals.worker_init.connect(_start_tracing)
