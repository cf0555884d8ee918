"""Trying a held stream again and giving its event up, with relays at work."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import connection
from structlog.testing import capture_logs

from event_contracts.codec import decode
from monolith.outbox import claiming, operations
from monolith.outbox.connecting import connect
from monolith.outbox.contracts import EVENT_SKIPPED
from monolith.outbox.leases import Leases
from monolith.outbox.models import HeldStream, OutboxMessage
from monolith.outbox.publishers import Failure, InMemoryPublisher
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import (
    all_published,
    eventually,
    quick_options,
    running_relay,
)

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = "product/POISON"
# Nothing but a notification can be in time: the heartbeat is far away, and so is the next attempt.
SLOW = {"lease_seconds": 600, "retry_seconds": 600, "retry_ceiling_seconds": 600}


def _parked() -> bool:
    return HeldStream.objects.filter(retry_at=None).exists()


@contextmanager
def parked(publisher, *, events=2):
    """Record events of which the first is refused until it is parked; a relay stays at work."""
    recorded = commit(STREAM, events)
    publisher.refused[recorded[0]] = "too odd"
    with running_relay(publisher, quick_options(**SLOW, max_attempts=1)):
        eventually(_parked)
        yield recorded


def test_parked_stream_that_is_retried_goes_on_at_once():
    publisher = InMemoryPublisher()

    with parked(publisher) as recorded:
        publisher.refused.clear()
        operations.retry_stream(STREAM, by="dana")
        eventually(all_published)

    assert [message.event_id for message in publisher.published] == recorded
    assert not HeldStream.objects.exists()


def test_attempts_are_counted_from_the_beginning_after_a_retry():
    publisher = InMemoryPublisher()
    (poison,) = commit(STREAM)
    publisher.refused[poison] = "too odd"

    with running_relay(publisher, quick_options(max_attempts=2)):
        eventually(_parked)
        operations.retry_stream(STREAM, by="dana")
        eventually(_parked)

    assert HeldStream.objects.get().attempts == 2


def test_held_stream_that_is_retried_does_not_wait_for_its_turn():
    publisher = InMemoryPublisher()
    (poison,) = commit(STREAM)
    publisher.refused[poison] = "too odd"

    with running_relay(publisher, quick_options(**SLOW)):
        eventually(HeldStream.objects.exists)
        publisher.refused.clear()
        operations.retry_stream(STREAM, by="dana")
        eventually(all_published)

    assert len(publisher.published) == 1


def test_all_parked_streams_are_retried_and_held_ones_are_left_alone():
    publisher = InMemoryPublisher()
    names = ["product/A", "product/B"]
    for name in names:
        (poison,) = commit(name)
        publisher.refused[poison] = "too odd"
    with running_relay(publisher, quick_options(**SLOW, max_attempts=1)):
        eventually(lambda: HeldStream.objects.count() == 2)
    _hold("product/WAITING", seconds=600)

    assert operations.retry_parked(by="dana") == names
    assert operations.retry_parked(by="dana") == []

    assert HeldStream.objects.get().stream == "product/WAITING"


def test_skipped_event_is_published_as_a_notice_of_its_version_and_the_stream_goes_on():
    publisher = InMemoryPublisher()

    with parked(publisher) as (poison, follower):
        original = OutboxMessage.objects.get(event_id=poison).payload
        publisher.refused.clear()
        skipped = operations.skip_message(STREAM, reason="  a broken name ", by="dana")
        eventually(all_published)

    notice, _ = publisher.published
    assert [m.event_id for m in publisher.published] == [poison, follower]
    assert [m.version for m in publisher.published] == [1, 2]
    assert decode(notice.payload).event_type == EVENT_SKIPPED == notice.event_type
    row = OutboxMessage.objects.get(event_id=poison)
    assert skipped == (row.id, str(poison), "catalogue.product_sold_out.v1", 1)
    assert (row.skipped_because, row.payload) == ("a broken name (dana)", original)
    assert not HeldStream.objects.exists()


def test_original_that_was_on_its_way_does_not_hide_that_it_was_skipped(link, leases):
    commit(STREAM)
    messages = _read(link, leases)
    _hold(STREAM, seconds=0)

    operations.skip_message(STREAM, reason="odd", by="dana")
    refused = claiming.mark_published(link, messages)

    assert refused == {messages[0].shard}
    assert OutboxMessage.objects.pending().get().skipped_because == "odd (dana)"


@pytest.mark.parametrize("operate", ["skip", "retry"])
def test_attempt_that_fails_late_does_not_hold_the_stream_again(link, leases, operate):
    commit(STREAM)
    messages = _read(link, leases)
    _hold(STREAM, seconds=0)

    if operate == "skip":
        operations.skip_message(STREAM, reason="odd", by="dana")
    else:
        operations.retry_stream(STREAM, by="dana")
    claiming.hold_streams(link, [claiming.Hold(messages[0], "late", None)])

    assert not HeldStream.objects.exists()


def test_retry_of_a_parked_stream_costs_its_neighbours_no_repetition(link, leases):
    commit(STREAM)
    messages = _read(link, leases)
    _hold(STREAM, seconds=None)

    operations.retry_stream(STREAM, by="dana")

    assert claiming.mark_published(link, messages) == set()


class OnItsWay(InMemoryPublisher):
    """Accepts the third attempt of an event, but says so only when it is told to."""

    def __init__(self):
        super().__init__()
        self.attempts = 0
        self.underway, self.may_answer = threading.Event(), threading.Event()

    def publish(self, batch):
        self.attempts += 1
        if self.attempts <= 2:
            return [Failure(message.event_id, "not now") for message in batch]
        if self.attempts == 3:
            self.underway.set()
            assert self.may_answer.wait(30)
        return super().publish(batch)


def test_skip_during_an_attempt_ends_with_the_notice_after_the_original():
    publisher = OnItsWay()
    (event_id,) = commit(STREAM)

    with running_relay(publisher):
        assert publisher.underway.wait(30)
        operations.skip_message(STREAM, reason="odd", by="dana")
        publisher.may_answer.set()
        eventually(all_published)

    published = [(m.event_id, m.event_type) for m in publisher.published]
    assert published == [(event_id, "catalogue.product_sold_out.v1"), (event_id, EVENT_SKIPPED)]
    assert OutboxMessage.objects.get().skipped_because == "odd (dana)"


def test_what_is_not_held_is_neither_retried_nor_skipped():
    commit(STREAM)

    with pytest.raises(operations.StreamNotHeld, match=STREAM):
        operations.retry_stream(STREAM, by="dana")
    with pytest.raises(operations.StreamNotHeld, match=STREAM):
        operations.skip_message(STREAM, reason="odd", by="dana")


def test_second_skip_is_refused_and_changes_nothing():
    _hold_new()
    operations.skip_message(STREAM, reason="odd", by="dana")

    with pytest.raises(operations.StreamNotHeld):
        operations.skip_message(STREAM, reason="odder", by="eve")

    assert OutboxMessage.objects.get().skipped_because == "odd (dana)"


def test_event_without_which_the_stream_is_held_already_is_not_skipped():
    _hold_new()
    OutboxMessage.objects.update(published_at="2026-03-02T12:00Z")

    with pytest.raises(operations.StreamNotHeld, match="has been published"):
        operations.skip_message(STREAM, reason="odd", by="dana")

    assert OutboxMessage.objects.get().skipped_because is None


def test_other_event_than_the_one_that_was_looked_at_is_not_skipped():
    _hold_new()

    with pytest.raises(operations.AnotherEventHolds):
        operations.skip_message(
            STREAM, reason="odd", by="dana", event_id="00000000-0000-0000-0000-000000000000"
        )

    assert OutboxMessage.objects.get().skipped_because is None
    assert HeldStream.objects.exists()


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_skip_without_a_reason_is_refused(reason):
    _hold_new()

    with pytest.raises(operations.ReasonMissing):
        operations.skip_message(STREAM, reason=reason, by="dana")

    assert HeldStream.objects.exists()


def test_who_did_what_and_why_is_logged():
    (event_id,) = _hold_new()

    with capture_logs() as lines:
        operations.retry_stream(STREAM, by="eve")
        _hold(STREAM, seconds=None)
        operations.skip_message(STREAM, reason="odd", by="dana")

    failed = {"stream": STREAM, "attempts": 3, "last_error": "no", "log_level": "warning"}
    assert lines == [
        {"event": "outbox_stream_retried", "by": "eve", **failed},
        {
            "event": "outbox_event_skipped",
            "by": "dana",
            "reason": "odd",
            "id": OutboxMessage.objects.get().id,
            "event_id": str(event_id),
            "event_type": "catalogue.product_sold_out.v1",
            "version": 1,
            **failed,
        },
    ]


@pytest.fixture
def link():
    with connect("outbox relay", **claiming.SESSION) as opened:
        yield opened


@pytest.fixture
def leases(link):
    leases = Leases(name="mine", lease_seconds=60)
    leases.ensure_shards(link, count=16)
    return leases


def _read(link, leases):
    return claiming.read_pending(link, leases.take(link, count=16), limit_per_shard=10)


def _hold(stream, *, seconds):
    """Hold a stream by its first pending event, for some seconds or for ever."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into outbox_held_stream (stream, shard, message_id, attempts, retry_at,"
            " last_error) select %s, coalesce(min(shard), 0), coalesce(min(id), 0), 3,"
            " now() + make_interval(secs => %s), 'no' from outbox_message"
            " where stream = %s and published_at is null",
            (stream, seconds, stream),
        )


def _hold_new():
    recorded = commit(STREAM)
    _hold(STREAM, seconds=None)
    return recorded
