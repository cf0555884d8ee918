"""Batches go out in threads: how many at a time, and what becomes of those that wait."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from infra.local.waiting import wait_until
from monolith.outbox.delivery import Delivery
from monolith.outbox.publishers import BrokerUnavailable


class HeldPublisher:
    """Notes each batch and keeps it until `let_go`; fails for the topics in `down`."""

    def __init__(self):
        self.batches = []
        self.down = set()
        self._gate = threading.Event()
        self.let_go = self._gate.set

    def publish(self, batch):
        self.batches.append(batch)
        self._gate.wait(30)
        if batch[0].topic in self.down:
            raise BrokerUnavailable("down")
        return []


@pytest.fixture
def publisher():
    return HeldPublisher()


@pytest.fixture
def delivery(publisher):
    delivery = Delivery(publisher, threads=1, on_finished=lambda: None)
    yield delivery
    publisher.let_go()
    delivery.close()


def _batch(topic="product"):
    return [SimpleNamespace(topic=topic, event_id=number) for number in range(3)]


def _collect(delivery, count):
    outcomes = []

    def collected():
        outcomes.extend(delivery.finished())
        return len(outcomes) >= count

    wait_until(collected, "all outcomes", every=0.001)
    return outcomes


def test_one_batch_waits_for_each_thread_and_is_counted(publisher, delivery):
    delivery.start(_batch())
    assert delivery.has_room
    delivery.start(_batch())

    assert not delivery.has_room
    assert (delivery.events_in_flight, delivery.calls_in_flight("product")) == (6, 2)

    publisher.let_go()
    assert [outcome.outage for outcome in _collect(delivery, 2)] == [None, None]
    assert (delivery.events_in_flight, delivery.has_room) == (0, True)


def test_what_waits_behind_a_failed_call_is_not_tried(publisher, delivery):
    publisher.down = {"product"}
    delivery.start(_batch())
    delivery.start(_batch())
    publisher.let_go()

    assert all(outcome.outage for outcome in _collect(delivery, 2))
    assert len(publisher.batches) == 1


def test_what_waits_behind_a_failed_call_to_another_topic_is_tried(publisher, delivery):
    publisher.down = {"product"}
    delivery.start(_batch())
    delivery.start(_batch("customer"))
    publisher.let_go()

    assert {o.topic: bool(o.outage) for o in _collect(delivery, 2)} == {
        "product": True,
        "customer": False,
    }


def test_topic_is_tried_again_once_its_failures_were_collected(publisher, delivery):
    publisher.down = {"product"}
    publisher.let_go()
    delivery.start(_batch())
    _collect(delivery, 1)

    publisher.down = set()
    delivery.start(_batch())

    assert [outcome.outage for outcome in _collect(delivery, 1)] == [None]
