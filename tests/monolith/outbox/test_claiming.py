"""The statements, one by one, on a connection of the relay's kind."""

from __future__ import annotations

import pytest
from django.db import transaction

from monolith.outbox import claiming, recording
from monolith.outbox.connecting import connect
from monolith.outbox.leases import Leases
from monolith.outbox.models import HeldStream, OutboxMessage
from monolith.outbox.resync import republish_since
from tests.monolith.outbox.events import NOON, commit, sold_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link():
    with connect("outbox relay", **claiming.SESSION) as connection:
        yield connection


@pytest.fixture
def leases(link):
    leases = Leases(name="mine", lease_seconds=60)
    leases.ensure_shards(link, count=16)
    return leases


def test_mark_with_the_current_token_counts(link, leases):
    commit("product/1")
    messages = _read_all(link, leases)

    assert claiming.mark_published(link, messages) == set()

    assert not OutboxMessage.objects.pending().exists()


def test_mark_is_refused_after_another_relay_took_over(link, leases):
    commit("product/1")
    messages = _read_all(link, leases)
    link.execute("update outbox_shard set lease_until = now() - interval '1 second'")
    Leases(name="theirs", lease_seconds=60).take(link, count=16)

    refused = claiming.mark_published(link, messages)

    assert refused == {messages[0].shard}
    assert OutboxMessage.objects.pending().count() == 1


def test_mark_of_what_was_on_its_way_during_a_resync_is_refused(link, leases):
    commit("product/1")
    messages = _read_all(link, leases)
    republish_since(since=NOON)

    assert claiming.mark_published(link, messages) == {messages[0].shard}


def test_hold_is_refused_after_another_relay_took_over(link, leases):
    commit("product/1")
    (message,) = _read_all(link, leases)
    link.execute("update outbox_shard set token = token + 1")

    refused = claiming.hold_streams(link, [claiming.Hold(message, "broken", 1.0)])

    assert refused == {message.shard}
    assert not HeldStream.objects.exists()


def test_held_stream_is_passed_over_until_it_is_due(link, leases):
    commit("product/1", 2)
    commit("product/2")
    messages = _read_all(link, leases)
    first = next(message for message in messages if message.stream == "product/1")
    claiming.hold_streams(link, [claiming.Hold(first, "broken", 60.0)])

    assert {message.stream for message in _read_all(link, leases)} == {"product/2"}

    HeldStream.objects.update(retry_at=NOON)
    due = [message for message in _read_all(link, leases) if message.stream == "product/1"]
    assert [(message.id, message.attempts) for message in due] == [
        (first.id, 1),
        (first.id + 1, 1),
    ]


def test_hold_that_ends_during_a_read_lets_nothing_overtake(link, leases):
    commit("product/1")
    (first,) = _read_all(link, leases)
    _copy_many_times(first)
    claiming.hold_streams(link, [claiming.Hold(first, "broken", 60.0)])

    for milliseconds in (2, 3, 5, 8, 10, 15, 20):
        link.execute(
            "update outbox_held_stream set retry_at = clock_timestamp() + %s * interval '1 ms'",
            (milliseconds,),
        )
        read = _read_all(link, leases)
        assert not read or read[0].id == first.id


def test_message_is_read_with_whom_it_is_for(link, leases):
    with transaction.atomic():
        for addressee in (None, "shelf"):
            recording.record_snapshot(
                sold_out(), stream="product/1", occurred_at=NOON, addressee=addressee
            )

    assert [message.addressee for message in _read_all(link, leases)] == [None, "shelf"]


def _copy_many_times(message):
    row = OutboxMessage.objects.values().get(id=message.id)
    others = [{**row, "id": None, "version": version} for version in range(2, 10_000)]
    OutboxMessage.objects.bulk_create([OutboxMessage(**other) for other in others])


def test_shard_that_is_owned_is_not_taken_and_an_expired_one_gets_a_new_token(link, leases):
    mine = leases.take(link, count=16)
    theirs = Leases(name="theirs", lease_seconds=60)

    assert theirs.take(link, count=16) == {}

    link.execute("update outbox_shard set lease_until = now() - interval '1 second'")
    assert theirs.take(link, count=16) == {shard: token + 1 for shard, token in mine.items()}


def test_read_walks_the_index_of_pending_rows_only(link, leases):
    commit("product/1")
    parameters = {
        "shards": [0, 1],
        "tokens": [1, 1],
        "limit": 10,
        "without": [],
        "without_streams": [],
    }

    plan = link.execute(f"explain (costs off) {claiming._READ}", parameters).fetchall()

    scans = [line for (line,) in plan if " on outbox_message_" in line]
    assert scans
    assert all("Index Scan using" in line and "shard_id_idx" in line for line in scans)


def _read_all(link, leases):
    tokens = leases.tend(link).tokens or leases.take(link, count=16)
    return sorted(claiming.read_pending(link, tokens, limit_per_shard=100), key=lambda m: m.id)
