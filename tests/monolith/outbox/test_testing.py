"""The relay for tests does what the real one does: one contract for both."""

from __future__ import annotations

import pytest
from django.db import transaction

from monolith.outbox import recording
from monolith.outbox.models import HeldStream, OutboxMessage
from monolith.outbox.publishers import BrokerUnavailable
from monolith.outbox.testing import Outbox, RecordedEvent
from tests.monolith.outbox.events import NOON, commit, record, sold_out
from tests.monolith.outbox.running import eventually, pending_count, running_relay


class RealOutbox(Outbox):
    """The same, with a real relay in the place of the one that tests run."""

    def publish_until(self, *, pending: int) -> None:
        with running_relay(self.publisher):
            eventually(lambda: pending_count() == pending and self._tried_what_is_refused())

    def _tried_what_is_refused(self) -> bool:
        return HeldStream.objects.exists() or not self.publisher.refused


class OutboxOfTests(Outbox):
    def publish_until(self, *, pending: int) -> None:
        self.publish()
        assert pending_count() == pending


@pytest.fixture(params=[RealOutbox, OutboxOfTests])
def relayed(request, transactional_db):
    return request.param()


def _published(outbox):
    return [(message.stream, message.version) for message in outbox.publisher.published]


def test_every_stream_is_published_in_order_and_marked(relayed):
    commit("product/A", 25)
    commit("customer/1", 3)

    relayed.publish_until(pending=0)

    for stream, count in (("product/A", 25), ("customer/1", 3)):
        versions = [version for name, version in _published(relayed) if name == stream]
        assert versions == list(range(1, count + 1))


def test_refused_event_holds_its_own_stream_only(relayed):
    refused, *_ = commit("product/POISON", 3)
    commit("product/A", 2)
    relayed.publisher.refused[refused] = "no"

    relayed.publish_until(pending=3)

    assert {stream for stream, _ in _published(relayed)} == {"product/A"}
    assert HeldStream.objects.get().last_error == "no"
    relayed.publisher.refused.clear()
    relayed.publish_until(pending=0)
    assert _published(relayed)[2:] == [("product/POISON", version) for version in (1, 2, 3)]


def test_refused_event_that_is_all_there_is_is_held(relayed):
    (refused,) = commit("product/POISON")
    relayed.publisher.refused[refused] = "no"

    relayed.publish_until(pending=1)

    assert _published(relayed) == []


def test_unknown_event_is_left_alone(relayed):
    commit("product/NEW", 2)
    OutboxMessage.objects.filter(version=1).update(event_type="catalogue.product_renamed.v1")
    commit("product/A")

    relayed.publish_until(pending=2)

    assert _published(relayed) == [("product/A", 1)]


def test_skipped_event_goes_out_as_a_notice_of_its_version(relayed):
    commit("product/A", 2)
    OutboxMessage.objects.filter(version=1).update(skipped_because="nobody can read it")

    relayed.publish_until(pending=0)

    first, second = relayed.publisher.published
    assert (first.event_type, first.version) == ("outbox.event_skipped.v1", 1)
    assert '"data":{"skipped_type":"catalogue.product_sold_out.v1"}' in first.payload
    assert (second.event_type, second.version) == ("catalogue.product_sold_out.v1", 2)
    assert "sold_out_at" in OutboxMessage.objects.get(version=1).payload


def test_recorded_events_can_be_looked_at_before_any_commit(outbox):
    with transaction.atomic():
        event_id = recording.record(sold_out("85123A"), stream="product/A", occurred_at=NOON)

        (event,) = outbox.recorded()

    assert event == RecordedEvent(
        event_id,
        "catalogue.product_sold_out.v1",
        "product/A",
        1,
        {"stock_code": "85123A", "sold_out_at": NOON.isoformat()},
    )


def test_broker_that_is_down_leaves_events_pending(outbox):
    record("product/A")
    outbox.publisher.is_down = True

    with pytest.raises(BrokerUnavailable):
        outbox.publish()

    outbox.publisher.is_down = False
    assert [message.version for message in outbox.publish()] == [1]
    assert outbox.publish() == []
