"""What a relay counts while it publishes, fails, parks and loses its shards."""

from __future__ import annotations

from contextlib import closing

import pytest
from django.db import connection

from monolith.outbox import queries
from monolith.outbox.models import HeldStream, OutboxMessage, Shard
from monolith.outbox.publishers import Failure, InMemoryPublisher
from monolith.outbox.relay_metrics import Delays, RelayMetrics
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import all_published, eventually, quick_options, running_relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def metrics():
    return RelayMetrics()


def _value(metrics, name, **labels):
    return metrics.registry.get_sample_value(f"outbox_{name}", labels)


def test_published_events_are_counted_by_topic_with_their_batches_and_delays(metrics):
    commit("product/1", 3)
    commit("customer/1", 2)

    with running_relay(InMemoryPublisher(), observer=metrics):
        eventually(all_published)

    assert _value(metrics, "published_events_total", topic="product") == 3
    assert _value(metrics, "published_events_total", topic="customer") == 2
    assert _value(metrics, "batch_events_count") == 5  # one message per stream and call
    assert _value(metrics, "batch_events_sum") == 5
    assert _value(metrics, "publish_seconds_count", topic="product") == 3
    assert _value(metrics, "commit_to_publish_seconds_count") == 5
    assert 0 < _value(metrics, "commit_to_publish_seconds_sum") < 300


def test_shards_are_owned_until_the_relay_stops(metrics):
    with running_relay(InMemoryPublisher(), observer=metrics):
        eventually(lambda: _value(metrics, "owned_shards") == 16)

    assert _value(metrics, "owned_shards") == 0


def test_refused_event_is_counted_until_its_stream_is_parked(metrics):
    publisher = InMemoryPublisher()
    refused, _ = commit("product/POISON", 2)
    publisher.refused[refused] = "never"

    with running_relay(publisher, quick_options(max_attempts=3), observer=metrics):
        eventually(lambda: HeldStream.objects.filter(retry_at=None).exists())
        eventually(lambda: _value(metrics, "streams_parked_total") == 1)

    assert _value(metrics, "failed_publishes_total", topic="product", kind="own_fault") == 3
    assert _value(metrics, "failed_publishes_total", topic="product", kind="broker") == 0
    assert _value(metrics, "published_events_total", topic="product") == 0
    assert _value(metrics, "commit_to_publish_seconds_count") == 0


def test_fault_of_the_broker_is_told_from_one_of_the_event(metrics):
    commit("product/1")

    with running_relay(ThrottledAtFirst(), observer=metrics):
        eventually(all_published)

    assert _value(metrics, "failed_publishes_total", topic="product", kind="broker") == 1
    assert _value(metrics, "failed_publishes_total", topic="product", kind="own_fault") == 0
    assert _value(metrics, "published_events_total", topic="product") == 1


class ThrottledAtFirst(InMemoryPublisher):
    throttles = 1

    def publish(self, batch):
        if self.throttles:
            self.throttles -= 1
            return [Failure(m.event_id, "slow down", is_own_fault=False) for m in batch]
        return super().publish(batch)


def test_outage_is_one_however_many_calls_fail_and_ends_with_a_call_that_does_not(metrics):
    publisher = InMemoryPublisher()
    publisher.is_down = True
    commit("product/1", 2)

    with running_relay(publisher, observer=metrics):
        eventually(lambda: (_value(metrics, "publish_seconds_count", topic="product") or 0) > 3)
        assert _value(metrics, "topic_down", topic="product") == 1
        publisher.is_down = False
        eventually(all_published)

    assert _value(metrics, "topic_down", topic="product") == 0
    assert _value(metrics, "broker_outages_total", topic="product") == 1
    assert _value(metrics, "published_events_total", topic="product") == 2


def test_lost_claim_is_counted(metrics):
    publisher = RobbedMeanwhile()
    commit("product/1")

    with running_relay(publisher, observer=metrics):
        eventually(all_published)

    assert _value(metrics, "claims_lost_total") == 1


class RobbedMeanwhile(InMemoryPublisher):
    def publish(self, batch):
        if not self.published:
            with closing(connection):
                Shard.objects.filter(shard=batch[0].shard).update(token=1000)
        return super().publish(batch)


def test_streams_left_alone_are_counted_while_their_shards_are_ours(metrics):
    commit("product/1")
    OutboxMessage.objects.update(event_type="catalogue.from_the_future.v1")

    with running_relay(InMemoryPublisher(), observer=metrics):
        eventually(lambda: _value(metrics, "streams_left_alone") == 1)

    assert _value(metrics, "streams_left_alone") == 0
    assert queries.get_status().pending == 1


def test_delays_fall_into_buckets_that_include_their_bound():
    delays = Delays()

    delays.add([0.001, 0.002, 4000.0, -0.5])

    (family,) = delays.collect()
    counts = {s.labels["le"]: s.value for s in family.samples if s.name.endswith("_bucket")}
    assert (counts["0.001"], counts["0.0025"], counts["3600.0"], counts["+Inf"]) == (2, 3, 3, 4)
    assert {s.value for s in family.samples if s.name.endswith("_sum")} == {4000.003}
