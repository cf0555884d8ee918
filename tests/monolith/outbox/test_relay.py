"""One relay or several, in order, through whatever happens to the broker."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest
from django.db import connection, transaction

from monolith.outbox import queries, recording, waking
from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.connecting import connect
from monolith.outbox.leases import Leases
from monolith.outbox.models import HeldStream, OutboxMessage, Shard
from monolith.outbox.publishers import InMemoryPublisher
from monolith.outbox.relay import Relay
from monolith.outbox.resync import republish_since
from tests.monolith.outbox.brokers import SlowPublisher, deliveries
from tests.monolith.outbox.events import NOON, commit, sold_out
from tests.monolith.outbox.faults.verdicts import Verdict, judge
from tests.monolith.outbox.running import (
    all_published,
    eventually,
    quick_options,
    running_relay,
)

if TYPE_CHECKING:
    from monolith.outbox.messages import Message

pytestmark = pytest.mark.django_db(transaction=True)
FLAWLESS = Verdict(lost=0, inversions=0, duplicates=0)


def test_what_was_committed_is_published_and_marked():
    publisher = InMemoryPublisher()
    recorded = commit("product/85123A", 3)

    with running_relay(publisher):
        eventually(all_published)

    assert judge((recorded), deliveries(publisher.published)) == FLAWLESS


@pytest.mark.parametrize(("spare", "has_room"), [(MAX_ENTRIES, True), (MAX_ENTRIES - 1, False)])
def test_no_call_is_started_that_a_kill_could_repeat_beyond_the_bound(spare, has_room):
    options = quick_options()
    relay = Relay(publisher=InMemoryPublisher(), options=options)

    relay._unmarked = cast("list[Message]", [None]) * (options.most_repeated - spare)

    assert relay._has_room is has_room


def test_what_is_committed_while_the_relay_is_idle_wakes_it():
    publisher = InMemoryPublisher()

    # The heartbeat is far away: only the wake-up can be in time.
    with running_relay(publisher, quick_options(lease_seconds=600)):
        eventually(queries.is_relayed)
        commit("product/85123A")
        eventually(all_published)

    assert len(publisher.published) == 1


def test_two_relays_keep_the_order_of_hot_streams_under_concurrent_writers():
    publisher = SlowPublisher()
    streams = ["product/HOT", "customer/1", *(f"product/{number}" for number in range(8))]

    with running_relay(publisher), running_relay(publisher), ThreadPoolExecutor(3) as writers:
        written = list(writers.map(_write, [[*streams, "product/HOT"] * 12] * 3))
        eventually(all_published)

    recorded = [event_id for event_ids in written for event_id in event_ids]
    assert judge(recorded, deliveries(publisher.published)) == FLAWLESS
    assert len(recorded) == 3 * 12 * 11


def _write(streams):
    with closing(connection):
        return [event_id for stream in streams for event_id in commit(stream)]


def test_second_relay_gets_its_share_and_a_clean_stop_gives_it_back_at_once():
    with running_relay(InMemoryPublisher(), quick_options(lease_seconds=600)) as stayer:
        eventually(queries.is_relayed)
        with running_relay(InMemoryPublisher(), quick_options(lease_seconds=600)) as leaver:
            eventually(lambda: _owned_by(stayer) == _owned_by(leaver) == 8)

        eventually(lambda: _owned_by(stayer) == 16)


def _owned_by(relay) -> int:
    return Shard.objects.filter(owner=relay.name).count()


def test_refused_message_holds_its_own_stream_only():
    publisher = InMemoryPublisher()
    refused, *behind = commit("product/POISON", 3)
    others = [*commit("product/1", 3), *commit("product/2", 3)]
    publisher.refused[refused] = "not today"

    with running_relay(publisher):
        eventually(lambda: HeldStream.objects.filter(attempts__gte=2).exists())
        eventually(lambda: len(publisher.published) == len(others))
        assert set(OutboxMessage.objects.held().values_list("stream", flat=True)) == {
            "product/POISON"
        }
        publisher.refused.clear()
        eventually(all_published)

    assert judge(([refused, *behind, *others]), deliveries(publisher.published)) == FLAWLESS
    assert not HeldStream.objects.exists()


def test_message_that_fails_too_often_parks_its_stream():
    publisher = InMemoryPublisher()
    refused, _ = commit("product/POISON", 2)
    publisher.refused[refused] = "never"

    with running_relay(publisher, quick_options(max_attempts=3)):
        eventually(lambda: HeldStream.objects.filter(retry_at=None).exists())

    held = HeldStream.objects.get()
    assert (held.attempts, held.last_error) == (3, "never")
    assert OutboxMessage.objects.get(id=held.message_id).event_id == refused
    assert queries.get_status().parked == 1


def test_outage_counts_as_nobodys_attempt_and_ends_by_itself():
    publisher = InMemoryPublisher()
    recorded = [*commit("product/1", 5), *commit("customer/1", 5)]
    calls = _count_calls(publisher)
    publisher.is_down = True

    with running_relay(publisher):
        eventually(lambda: len(calls) > 5)
        assert not HeldStream.objects.exists()
        publisher.is_down = False
        eventually(all_published)

    assert judge((recorded), deliveries(publisher.published)) == FLAWLESS


def _count_calls(publisher: InMemoryPublisher) -> list[int]:
    calls: list[int] = []
    publish = publisher.publish

    def counted(batch):
        calls.append(len(batch))
        return publish(batch)

    publisher.publish = counted  # type: ignore[method-assign]
    return calls


def test_outage_of_one_topic_leaves_the_others_alone():
    publisher = OneTopicDown("customer")
    commit("customer/1", 2)
    commit("product/1", 2)

    with running_relay(publisher):
        eventually(lambda: len(publisher.published) == 2)

    assert {message.topic for message in publisher.published} == {"product"}


class OneTopicDown(InMemoryPublisher):
    def __init__(self, topic: str) -> None:
        super().__init__()
        self._topic = topic

    def publish(self, batch):
        self.is_down = batch[0].topic == self._topic
        return super().publish(batch)


def test_resync_publishes_again_in_order():
    publisher = InMemoryPublisher()
    recorded = commit("product/1", 3)

    with running_relay(publisher):
        eventually(all_published)
        count = republish_since(since=NOON)
        eventually(lambda: len(publisher.published) == 6 and all_published())

    assert count == 3
    assert [m.event_id for m in publisher.published] == recorded * 2


def test_what_is_on_its_way_during_a_resync_goes_out_again():
    publisher = ResyncedMeanwhile()
    recorded = commit("product/1", 3)

    with running_relay(publisher):
        eventually(all_published)

    verdict = judge(recorded, deliveries(publisher.published))
    assert (verdict.lost, verdict.inversions) == (0, 0)
    # The first for certain; the second may have been on its way before the mark was refused.
    assert verdict.duplicates in {1, 2}


class ResyncedMeanwhile(InMemoryPublisher):
    def publish(self, batch):
        is_first = not self.published
        failures = super().publish(batch)
        if is_first:
            with closing(connection):
                republish_since(since=NOON)
        return failures


def test_publisher_with_a_defect_stalls_nothing_for_good():
    publisher = DefectiveAtFirst()
    commit("product/1", 2)

    with running_relay(publisher):
        eventually(all_published)

    assert len(publisher.published) == 2
    assert not HeldStream.objects.exists()


class DefectiveAtFirst(InMemoryPublisher):
    defects = 2

    def publish(self, batch):
        if self.defects:
            self.defects -= 1
            raise ZeroDivisionError
        return super().publish(batch)


def test_relay_survives_losing_its_connection():
    publisher = InMemoryPublisher()

    with running_relay(publisher):
        eventually(queries.is_relayed)
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'banyan outbox relay'"
            )
        commit("product/1")
        eventually(all_published)

    assert len(publisher.published) == 1


def test_rows_of_a_transaction_that_is_still_open_are_not_published():
    publisher = InMemoryPublisher()

    with running_relay(publisher):
        with transaction.atomic():
            recording.record(sold_out(), stream="product/OPEN", occurred_at=NOON)
            other = threading.Thread(target=_write, args=[["product/OTHER"]])
            other.start()
            other.join()
            eventually(lambda: len(publisher.published) == 1)
        eventually(lambda: len(publisher.published) == 2)

    assert [message.stream for message in publisher.published] == ["product/OTHER", "product/OPEN"]


def test_wake_up_that_arrives_during_a_statement_is_heard(monkeypatch):
    monkeypatch.setattr(waking, "nudge", lambda: None)
    publisher = InMemoryPublisher()
    tend = Leases.tend
    turns: list[str] = []

    def tend_and_be_told(self, link):
        standing = tend(self, link)
        if turns and turns.pop():
            _write(["product/1"])
            _tell("")
            link.execute("select 1")  # reads the wake-up off the socket, too
        return standing

    monkeypatch.setattr(Leases, "tend", tend_and_be_told)

    # The heartbeat is far away: whoever missed the wake-up would sleep for minutes.
    with running_relay(publisher, quick_options(lease_seconds=600)):
        eventually(queries.is_relayed)
        turns.append("the next")
        _tell(waking.LEASES_CHANGED)
        eventually(lambda: len(publisher.published) == 1)


def _tell(payload: str) -> None:
    with connect("somebody else") as somebody:
        somebody.execute("select pg_notify(%s, %s)", (waking.CHANNEL, payload))
