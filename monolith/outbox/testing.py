"""For the tests of whoever records events: what was recorded, and a relay that runs when told.

`pytest_plugins = ["monolith.outbox.testing"]` gives the fixture `outbox`. It works in tests that
are rolled back as well as in those that commit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from django.db import connection

from monolith.outbox import claiming, recording
from monolith.outbox.backlog import Backlog
from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.contracts import contracts
from monolith.outbox.leases import Leases
from monolith.outbox.models import OutboxMessage
from monolith.outbox.newcomers import Newcomers
from monolith.outbox.publishers import MAX_BATCH_BYTES, InMemoryPublisher
from monolith.outbox.sharding import shard_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import psycopg

    from monolith.outbox.messages import Message
    from monolith.outbox.publishers import Publisher

_LEASE_SECONDS = 3600.0
_READ = 100


class RecordedEvent(NamedTuple):
    """An event as it is on the wire; `data` is what its JSON holds."""

    event_id: UUID
    event_type: str
    stream: str
    version: int
    data: Any


class Outbox:
    """The outbox as a test sees it. `publisher` can be told to fail: see `InMemoryPublisher`."""

    def __init__(self) -> None:
        self.publisher = InMemoryPublisher()

    def recorded(self) -> list[RecordedEvent]:
        """Return every event there is, in the order of recording."""
        recording.flush()
        return [
            RecordedEvent(m.event_id, m.event_type, m.stream, m.version, _data_of(m.payload))
            for m in OutboxMessage.objects.order_by("id")
        ]

    def publish(self) -> list[Message]:
        """Do what a relay does until nothing is left to do; return what was published.

        A message that fails holds its stream and is tried again at the next call.

        Raises:
            BrokerUnavailable: the publisher is down; what is not published stays pending.
        """
        recording.flush()
        before = len(self.publisher.published)
        relay_all(self.publisher)
        return self.publisher.published[before:]


@pytest.fixture
def outbox(db: None) -> Outbox:  # noqa: ARG001 - what it is for
    """Return the outbox of this test."""
    return Outbox()


def relay_all(publisher: Publisher) -> None:
    """Publish all that is pending, in order, on Django's own connection and in this thread."""
    connection.ensure_connection()
    link = connection.connection
    tokens = _take_every_shard(link)
    newcomers = Newcomers(contracts().knows)
    failed: set[str] = set()
    while messages := claiming.read_pending(
        link, tokens, limit_per_shard=_READ, without_streams=[*newcomers.streams, *failed]
    ):
        messages.sort(key=lambda message: message.id)
        failed |= _publish(link, publisher, list(newcomers.leave_alone(messages)))


def _take_every_shard(link: psycopg.Connection[Any]) -> dict[int, int]:
    leases = Leases(name="tests", lease_seconds=_LEASE_SECONDS)
    leases.ensure_shards(link, count=shard_count())
    link.execute("update outbox_held_stream set retry_at = now() where retry_at is not null")
    return leases.take(link, count=shard_count()) | leases.tend(link).tokens


def _publish(
    link: psycopg.Connection[Any], publisher: Publisher, messages: Sequence[Message]
) -> set[str]:
    backlog = Backlog(max_entries=MAX_ENTRIES, max_bytes=MAX_BATCH_BYTES)
    backlog.add(messages)
    failed: set[str] = set()
    while topics := backlog.topics():
        batch = backlog.next_batch(topics[0])
        reasons = {failure.event_id: failure.reason for failure in publisher.publish(batch)}
        refused = [message for message in batch if message.event_id in reasons]
        delivered = [message for message in batch if message.event_id not in reasons]
        if delivered:
            claiming.mark_published(link, delivered)
        if refused:
            claiming.hold_streams(
                link, [claiming.Hold(m, reasons[m.event_id], 0.0) for m in refused]
            )
        backlog.release(delivered)
        backlog.abandon(refused)
        failed |= {message.stream for message in refused}
    return failed


def _data_of(payload: str) -> Any:
    return json.loads(payload).get("data")
