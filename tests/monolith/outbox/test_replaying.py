"""Which events a replay sends and in which order, whatever the destination answers."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from monolith.outbox import selecting
from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.connecting import connect
from monolith.outbox.contracts import EVENT_SKIPPED
from monolith.outbox.models import OutboxMessage
from monolith.outbox.publishers import (
    MAX_BATCH_BYTES,
    BrokerUnavailable,
    Failure,
    InMemoryPublisher,
)
from monolith.outbox.replaying import Replay, ReplayStopped, batches
from monolith.outbox.selecting import (
    _CLAUSES,
    _KEYS,
    _READ,
    Key,
    Selection,
    count_published,
    read_messages,
    select_published,
)
from monolith.outbox.throttling import Throttle
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.subscribed_brokers import event_message


class Grudging(InMemoryPublisher):
    """Throttles what is in `throttled` so many times, and is down for so many calls."""

    def __init__(self, *, down=0):
        super().__init__()
        self.throttled: dict[object, int] = {}
        self.down = down
        self.calls: list[int] = []

    def publish(self, batch):
        self.calls.append(len(batch))
        if self.down:
            self.down -= 1
            raise BrokerUnavailable("down")
        busy = [message for message in batch if self.throttled.get(message.event_id, 0)]
        for message in busy:
            self.throttled[message.event_id] -= 1
        throttled = [Failure(m.event_id, "busy", is_own_fault=False) for m in busy]
        return throttled + super().publish([m for m in batch if m not in busy])


class Watch:
    """A clock that sleeping moves."""

    def __init__(self):
        self.now = 0.0
        self.pauses: list[float] = []

    def wait(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def _replay(publisher, watch=None, **options):
    watch = watch or Watch()
    throttle = Throttle(per_second=1e9, burst=10, clock=lambda: watch.now, wait=watch.wait)
    return Replay(publisher, throttle, wait=watch.wait, **options)


def _streams(*streams):
    """Make messages with ids from 1, at the next versions of the streams named."""
    versions: defaultdict[str, int] = defaultdict(int)
    for message_id, stream in enumerate(streams, start=1):
        versions[stream] += 1
        yield event_message(f"product/{stream}", version=versions[stream])._replace(id=message_id)


def test_everything_is_sent_in_the_order_given():
    publisher, messages = Grudging(), list(_streams(*"aabacb"))

    replay = _replay(publisher)
    done = sum(replay.run(messages))

    assert publisher.published == messages
    assert (done, replay.report.sent, replay.report.last_id) == (6, 6, 6)
    assert replay.report.is_complete


@given(st.lists(st.tuples(st.sampled_from("abcdefghijklmnop"), st.integers(1, MAX_BATCH_BYTES))))
def test_batches_keep_the_limits_and_the_order_and_no_stream_comes_twice(drawn):
    messages = [
        event_message(f"product/{stream}", payload="x")._replace(size=size)
        for stream, size in drawn
    ]

    cut = list(batches(messages))

    assert [message for batch in cut for message in batch] == messages
    for batch in cut:
        assert 1 <= len(batch) <= MAX_ENTRIES
        assert sum(message.size for message in batch) <= MAX_BATCH_BYTES
        assert len({message.stream for message in batch}) == len(batch)


def test_entry_that_was_throttled_is_sent_again_before_anything_later():
    publisher, messages = Grudging(), list(_streams(*"aba"))
    publisher.throttled[messages[0].event_id] = 2

    replay = _replay(publisher)
    list(replay.run(messages))

    assert [message.id for message in publisher.published] == [2, 1, 3]
    assert replay.report.is_complete


def test_refused_event_is_named_and_the_rest_of_its_stream_stays_at_home():
    publisher, messages = Grudging(), list(_streams(*"abaab"))
    publisher.refused[messages[2].event_id] = "odd"

    replay = _replay(publisher)
    list(replay.run(messages))

    assert [message.id for message in publisher.published] == [1, 2, 5]
    assert replay.report.given_up == [(messages[2], "odd")]
    assert (replay.report.sent, replay.report.left_out, replay.report.last_id) == (3, 1, 5)
    assert publisher.calls[1:] == [1, 1]  # what is the event's own fault is not tried twice


def test_entry_that_is_throttled_for_ever_is_given_up():
    publisher, messages = Grudging(), list(_streams(*"ab"))
    publisher.throttled[messages[0].event_id] = 99

    replay = _replay(publisher, attempts=3)
    list(replay.run(messages))

    assert replay.report.given_up == [(messages[0], "busy")]
    assert publisher.calls == [2, 1, 1]


def test_event_too_large_for_a_message_is_refused_by_name():
    publisher = Grudging()
    large = event_message(payload="x" * (MAX_BATCH_BYTES + 1))

    replay = _replay(publisher)
    list(replay.run([large]))

    ((message, reason),) = replay.report.given_up
    assert message.event_id == large.event_id
    assert str(large.size) in reason


def test_outage_is_waited_out_with_growing_pauses():
    publisher, watch = Grudging(down=3), Watch()
    messages = list(_streams("a"))
    random.seed(1)

    list(_replay(publisher, watch).run(messages))

    assert publisher.published == messages
    assert len(watch.pauses) == 3
    assert watch.pauses[2] > watch.pauses[0]


def test_replay_stops_in_an_outage_and_says_what_it_is_done_with():
    publisher, messages = Grudging(), list(_streams(*"aaa"))
    replay = _replay(publisher, attempts=2)
    running = replay.run(messages)
    next(running)
    publisher.down = 99

    with pytest.raises(ReplayStopped, match="down"):
        next(running)

    assert (replay.report.sent, replay.report.last_id) == (1, 1)


def test_throttle_lets_a_burst_through_and_then_keeps_the_rate():
    watch = Watch()
    throttle = Throttle(per_second=5, burst=10, clock=lambda: watch.now, wait=watch.wait)

    for _ in range(4):
        throttle.take(10)

    assert watch.pauses == [2, 2, 2]


def test_throttle_saves_up_no_more_than_a_burst():
    watch = Watch()
    throttle = Throttle(per_second=5, burst=10, clock=lambda: watch.now, wait=watch.wait)
    watch.now = 1000

    throttle.take(10)
    throttle.take(5)

    assert watch.pauses == [1]


@pytest.fixture
def link(transactional_db):
    with connect("outbox replay") as opened:
        yield opened


def _publish(*streams):
    for stream in streams:
        commit(stream)
    OutboxMessage.objects.pending().update(published_at=datetime.now(UTC))


def _selected(link, **chosen):
    return list(select_published(link, Selection(**chosen)))


def test_only_what_is_published_is_selected_in_the_order_of_ids(link, monkeypatch):
    monkeypatch.setattr(selecting, "_CHUNK", 1)
    _publish("product/1", "product/2", "product/1")
    commit("product/1")
    # A statement may begin before another and get its ids after it.
    OutboxMessage.objects.filter(version=1).update(recorded_at=datetime.now(UTC))

    found = _selected(link)

    rows = list(OutboxMessage.objects.published().order_by("id"))
    assert [(m.id, m.event_id, m.payload) for m in found] == [
        (row.id, row.event_id, row.payload) for row in rows
    ]
    assert [(m.stream, m.version) for m in found] == [
        ("product/1", 1), ("product/2", 1), ("product/1", 2)
    ]  # fmt: skip


def test_filters_narrow_the_selection(link):
    _publish("product/1", "product/2", "product/1")
    first, second, third = OutboxMessage.objects.order_by("id")

    def ids(**chosen):
        return [message.id for message in _selected(link, **chosen)]

    assert ids(stream="product/1") == [first.id, third.id]
    assert ids(after=first.id) == [second.id, third.id]
    assert ids(since=second.recorded_at) == [second.id, third.id]
    assert ids(until=second.recorded_at) == [first.id]
    assert ids(event_type="catalogue.product_sold_out.v1", after=second.id) == [third.id]
    assert ids(event_type="catalogue.price_changed.v1") == []


def test_count_says_what_would_be_selected(link):
    _publish("product/1", "product/2")
    first, second = OutboxMessage.objects.order_by("id")

    (share,) = count_published(link, Selection(after=0))

    size = len(first.payload.encode()) + len(second.payload.encode())
    assert share == ("catalogue.product_sold_out.v1", 2, size, first.id, second.id)
    assert count_published(link, Selection(after=second.id)) == []


def test_skipped_event_is_replayed_as_its_notice(link):
    _publish("product/1")
    OutboxMessage.objects.update(skipped_because="odd (dana)")

    (message,) = _selected(link)

    assert message.event_type == EVENT_SKIPPED
    assert message.version == 1
    assert EVENT_SKIPPED in message.payload


def test_no_transaction_is_open_while_a_selection_is_sent(link):
    _publish(*(f"product/{number}" for number in range(3)))
    messages = select_published(link, Selection())
    next(messages)

    with connection.cursor() as cursor:
        cursor.execute(
            "select state, backend_xmin from pg_stat_activity"
            " where application_name = 'banyan outbox replay' and pid = %s",
            (link.info.backend_pid,),
        )
        assert cursor.fetchone() == ("idle", None)

    assert len(list(messages)) == 2


def test_day_outside_of_the_period_is_not_looked_at(link):
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    period = {"since": today, "until": today + timedelta(days=1)}

    where = f"{_CLAUSES['since']} and {_CLAUSES['until']}"
    statement = f"explain (costs off) {_KEYS.format(where=where)}"
    plan = "\n".join(line for (line,) in link.execute(statement, period))

    scanned = set(re.findall(r"outbox_message_(?:p\d{8}|default)\b", plan))
    assert scanned == {f"outbox_message_p{today:%Y%m%d}"}


def test_events_are_read_by_their_key_however_the_statistics_look(link):
    _publish("product/1", "product/2")
    keys = [Key(row.recorded_at, row.id) for row in OutboxMessage.objects.order_by("id")]
    link.execute("set enable_nestloop = off")

    parameters = {"instants": [key.recorded_at for key in keys], "ids": [key.id for key in keys]}
    plan = [line for (line,) in link.execute(f"explain (costs off) {_READ}", parameters)]

    assert len(list(read_messages(link, keys))) == 2
    assert not [line for line in plan if "Hash" in line or "Merge" in line]
