"""django-celery-outbox, through its own relay command's classes.

Stubbed: the last step of Celery, which hands a finished task message to kombu; the message is
built. Metrics are off (they go to a StatsD that nobody runs, and cost most of the rate), logging
starts at warnings, a batch is as large as ours, and the payload is one text, which Celery describes
in a header faster than a nested one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery

from benchmarks.outbox.events import payload_of
from benchmarks.outbox.peers import django_project

if TYPE_CHECKING:
    from benchmarks.outbox.events import Event
    from benchmarks.outbox.sightings import Sink

BATCH = 500
TASK = "benchmark.publish"
_CHUNK = 1_000


def seed(url: str, events: list[Event]) -> None:
    """Make rows as `OutboxCelery.send_task` does, in bulk."""
    _start(url)
    django_project.make_tables()
    from django_celery_outbox.models import CeleryOutbox
    from django_celery_outbox.serialization import CURRENT_SCHEMA_VERSION, serialize_options

    options = serialize_options({}, countdown=None, eta=None)
    CeleryOutbox.objects.bulk_create(
        [
            CeleryOutbox(
                task_id=str(event.id),
                task_name=TASK,
                args=[payload_of(event)],
                kwargs={},
                options=options,
                schema_version=CURRENT_SCHEMA_VERSION,
            )
            for event in events
        ],
        batch_size=_CHUNK,
    )


def drain(url: str, sink: Sink) -> None:
    """Relay until stopped."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    _start(url)
    from django_celery_outbox.relay import Relay, RelayConfig

    app = Celery("benchmark", broker="memory://")

    def take(_producer: Any, _name: str, message: Any, **_options: Any) -> None:
        sink.note([message.headers["id"]])

    app.amqp.__dict__["send_task_message"] = take
    Relay(app=app, config=RelayConfig.init(batch_size=BATCH)).start()


def _start(url: str) -> None:
    django_project.start(url, "django_celery_outbox", MONITORING_METRICS_ENABLED=False)
