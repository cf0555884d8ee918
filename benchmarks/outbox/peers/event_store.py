"""eventsourcing's PostgreSQL recorder, followed by its own projection runner.

Stubbed: nothing; the projection is the publisher, and records how far it came in a transaction for
each event, which is the library's way of doing so.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from benchmarks.outbox.events import Event, content_of

if TYPE_CHECKING:
    from eventsourcing.persistence import Tracking

    from benchmarks.outbox.sightings import Sink

_CHUNK = 1_000


class Shop(Application[Any]):  # type: ignore[misc]
    """The application whose events are published."""


class Fact(DomainEvent):  # type: ignore[misc]
    """One event of the backlog."""

    content: dict[str, object]


class Publishing(Projection[PostgresTrackingRecorder]):  # type: ignore[misc]
    """Publishes what happens, and tracks it."""

    sink: Sink

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Publish one event."""
        self.sink.note([domain_event.content["id"]])
        self.view.insert_tracking(tracking)


def seed(url: str, events: list[Event]) -> None:
    """Insert stored events as `Application.save` does, many in a transaction."""
    with Shop(env=_environment(url)) as shop:
        for first in range(0, len(events), _CHUNK):
            facts = [_fact(event) for event in events[first : first + _CHUNK]]
            shop.recorder.insert_events([shop.mapper.to_stored_event(fact) for fact in facts])


def drain(url: str, sink: Sink) -> None:
    """Project until stopped."""
    Publishing.sink = sink
    with ProjectionRunner(
        application_class=Shop,
        projection_class=Publishing,
        view_class=PostgresTrackingRecorder,
        env=_environment(url),
    ) as runner:
        signal.signal(signal.SIGTERM, lambda *_: runner.stop())
        runner.run_forever()


def _fact(event: Event) -> Fact:
    return Fact(
        originator_id=Event(event.series, event.stream, 0).id,
        originator_version=event.position,
        timestamp=Fact.create_timestamp(),
        content=content_of(event),
    )


def _environment(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": parts.password or "any",
    }
