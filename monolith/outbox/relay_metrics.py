"""What the relay of this process does, in numbers for Prometheus.

The relay tells of batches, not of events, so that counting costs it little.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from time import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.observing import Observer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from monolith.outbox.claiming import Hold
    from monolith.outbox.delivery import Outcome

_CALL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DELAY_SECONDS = (*_CALL_SECONDS, 30.0, 60.0, 300.0, 3600.0)


class RelayMetrics(Observer):
    """Counts for the relays of one process, which may follow each other, in a `registry`."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._delays = Delays()
        registry.register(self._delays)
        self._topics: dict[str, _Topic] = {}
        self._published = _counter(registry, "published_events", "Events accepted", "topic")
        self._failed = _counter(
            registry, "failed_publishes", "Events refused, by who is to blame", "topic", "kind"
        )
        self._outages = _counter(
            registry, "broker_outages", "Times a topic ceased to answer", "topic"
        )
        self._down = _gauge(registry, "topic_down", "Whether the last call failed", "topic")
        self._seconds = Histogram(
            "outbox_publish_seconds",
            "How long a call to the broker took",
            ["topic"],
            registry=registry,
            buckets=_CALL_SECONDS,
        )
        self._batch = Histogram(
            "outbox_batch_events",
            "Events in a call to the broker",
            registry=registry,
            buckets=range(1, MAX_ENTRIES + 1),
        )
        self._parked = _counter(registry, "streams_parked", "Streams parked")
        self._lost = _counter(registry, "claims_lost", "Shards whose token was refused")
        self._left_alone = _gauge(
            registry, "streams_left_alone", "Streams whose next event has an unknown type"
        )
        self._owned = _gauge(registry, "owned_shards", "Shards that this relay holds")

    def collected(self, outcome: Outcome) -> None:
        """Count a call, and what came of each of its events."""
        topic = self._topics.get(outcome.topic) or self._meet(outcome.topic)
        topic.seconds.observe(outcome.seconds)
        self._batch.observe(len(outcome.batch))
        topic.note(is_down=outcome.outage is not None)
        if outcome.outage is not None:
            return
        topic.published.inc(len(outcome.batch) - len(outcome.failures))
        for failure in outcome.failures:
            (topic.own_faults if failure.is_own_fault else topic.broker_faults).inc()
        self._note_delays(outcome)

    def held(self, holds: Sequence[Hold], *, refused: Collection[int]) -> None:
        """Count those that wait for a person from now on."""
        for hold in holds:
            if hold.delay is None and hold.message.shard not in refused:
                self._parked.inc()

    def lost(self, shards: Collection[int]) -> None:
        """Count them."""
        self._lost.inc(len(shards))

    def tended(self, *, owned: int, left_alone: int) -> None:
        """Note the figures as they are now."""
        self._owned.set(owned)
        self._left_alone.set(left_alone)

    def _meet(self, topic: str) -> _Topic:
        met = self._topics[topic] = _Topic(self, topic)
        return met

    def _note_delays(self, outcome: Outcome) -> None:
        delivered = outcome.batch
        if outcome.failures:
            failed = {failure.event_id for failure in outcome.failures}
            delivered = [message for message in delivered if message.event_id not in failed]
        now = time()
        self._delays.add([now - message.recorded_at.timestamp() for message in delivered])


class _Topic:
    """The metrics of one topic, looked up once: looking up costs more than counting."""

    def __init__(self, metrics: RelayMetrics, topic: str) -> None:
        self.seconds = metrics._seconds.labels(topic)  # noqa: SLF001 - a part of it
        self.published = metrics._published.labels(topic)  # noqa: SLF001
        self.own_faults = metrics._failed.labels(topic, "own_fault")  # noqa: SLF001
        self.broker_faults = metrics._failed.labels(topic, "broker")  # noqa: SLF001
        self._outages = metrics._outages.labels(topic)  # noqa: SLF001
        self._down = metrics._down.labels(topic)  # noqa: SLF001
        self._is_down = False

    def note(self, *, is_down: bool) -> None:
        """Note whether the last call failed; calls that fail one after the other are one outage."""
        if is_down != self._is_down:
            self._is_down = is_down
            self._down.set(is_down)
            self._outages.inc(is_down)


class Delays(Collector):
    """A histogram that takes a batch at once: a lock per event would cost more than the rest."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_DELAY_SECONDS) + 1)
        self._sum = 0.0

    def add(self, delays: Sequence[float]) -> None:
        """Add delays in seconds. One thread may do so, and others collect meanwhile."""
        for delay in delays:
            # Two clocks are compared; what seems to have arrived before it left was quick.
            self._counts[bisect_left(_DELAY_SECONDS, delay)] += 1
        self._sum += sum(delay for delay in delays if delay > 0)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Say how many delays there were up to each bound."""
        bounds = [*map(floatToGoString, _DELAY_SECONDS), "+Inf"]
        buckets = list(zip(bounds, accumulate(map(float, self._counts)), strict=True))
        yield HistogramMetricFamily(
            "outbox_commit_to_publish_seconds",
            "From the start of an event's transaction (database's clock) to its publication (ours)",
            buckets=buckets,
            sum_value=self._sum,
        )


def _counter(registry: CollectorRegistry, name: str, says: str, *labels: str) -> Counter:
    return Counter(f"outbox_{name}", says, labels, registry=registry)


def _gauge(registry: CollectorRegistry, name: str, says: str, *labels: str) -> Gauge:
    return Gauge(f"outbox_{name}", says, labels, registry=registry)
