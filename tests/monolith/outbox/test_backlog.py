from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from monolith.outbox.backlog import Backlog
from monolith.outbox.messages import Message
from tests.monolith.outbox.events import NOON


def _message(number: int, stream: str = "a", *, size: int = 1, shard: int = 0, topic="product"):
    return Message(
        shard=shard,
        token=1,
        id=number,
        recorded_at=NOON,
        event_id=uuid4(),
        stream=stream,
        version=number,
        event_type="any",
        topic=topic,
        payload="x" * size,
        size=size,
        attempts=0,
    )


def _backlog(*messages, max_entries=10, max_bytes=1000) -> Backlog:
    backlog = Backlog(max_entries=max_entries, max_bytes=max_bytes)
    backlog.add(messages)
    return backlog


def _ids(batch) -> list[int]:
    return [message.id for message in batch]


def test_batch_carries_one_message_per_stream():
    backlog = _backlog(_message(1, "a"), _message(2, "a"), _message(3, "b"))

    assert _ids(backlog.next_batch("product")) == [1, 3]
    assert backlog.next_batch("product") == []


def test_next_message_of_a_stream_goes_after_the_previous_one_arrived():
    backlog = _backlog(_message(1, "a"), _message(2, "a"))
    first = backlog.next_batch("product")

    backlog.release(first)

    assert _ids(backlog.next_batch("product")) == [2]


def test_batch_has_no_more_entries_than_the_broker_takes():
    backlog = _backlog(*(_message(number, f"s{number}") for number in range(5)), max_entries=2)

    assert [_ids(backlog.next_batch("product")) for _ in range(3)] == [[0, 1], [2, 3], [4]]


def test_batch_has_no_more_bytes_than_the_broker_takes():
    big = [_message(number, f"s{number}", size=400) for number in range(3)]
    backlog = _backlog(*big, max_bytes=1000)

    assert [_ids(backlog.next_batch("product")) for _ in range(2)] == [[0, 1], [2]]


def test_message_that_is_too_large_for_any_batch_goes_alone():
    backlog = _backlog(_message(1, "a", size=2000), _message(2, "b"), max_bytes=1000)

    assert [_ids(backlog.next_batch("product")) for _ in range(2)] == [[1], [2]]


def test_shard_is_idle_when_all_of_it_is_closed():
    backlog = _backlog(_message(1, "a"), _message(2, "b", shard=1))
    batch = backlog.next_batch("product")
    backlog.release(batch)
    assert not backlog.is_idle(0)

    backlog.close(batch[:1])

    assert backlog.is_idle(0)
    assert not backlog.is_idle(1)


def test_abandoned_message_takes_those_behind_it_along():
    backlog = _backlog(_message(1, "a"), _message(2, "a"), _message(3, "b", shard=1))

    backlog.abandon(backlog.next_batch("product")[:1])

    assert backlog.is_idle(0)
    assert not backlog.is_idle(1)
    assert backlog.next_batch("product") == []


def test_dropped_topic_keeps_only_what_is_on_its_way():
    backlog = _backlog(_message(1, "a"), _message(2, "b"), max_entries=1)
    batch = backlog.next_batch("product")

    backlog.drop_ready(topic="product")

    assert backlog.topics() == []
    backlog.close(batch)
    assert backlog.is_idle(0)


def test_dropped_shard_keeps_only_what_is_on_its_way():
    backlog = _backlog(_message(1, "a"), _message(2, "a"), _message(3, "b"), max_entries=1)
    batch = backlog.next_batch("product")

    backlog.drop_shards({0})
    backlog.release(batch)

    assert backlog.topics() == []
    backlog.close(batch)
    assert backlog.is_idle(0)


def test_topics_are_kept_apart():
    backlog = _backlog(_message(1, "a"), _message(2, "b", topic="customer"))

    assert set(backlog.topics()) == {"product", "customer"}
    assert _ids(backlog.next_batch("customer")) == [2]


@given(
    streams=st.lists(st.sampled_from("abcd"), max_size=40),
    fates=st.lists(st.sampled_from(["arrives", "fails"]), min_size=1),
)
def test_streams_go_in_order_whatever_fails(streams, fates):
    messages = [_message(number, stream) for number, stream in enumerate(streams)]
    backlog = _backlog(*messages, max_entries=3)
    arrived: dict[str, list[int]] = {}
    turn = 0

    while backlog.topics():
        for message in backlog.next_batch("product"):
            turn += 1
            if fates[turn % len(fates)] == "fails":
                backlog.abandon([message])
                continue
            arrived.setdefault(message.stream, []).append(message.id)
            backlog.release([message])
            backlog.close([message])

    for stream, ids in arrived.items():
        expected = [message.id for message in messages if message.stream == stream]
        assert ids == expected[: len(ids)]
    assert backlog.is_idle(0)
