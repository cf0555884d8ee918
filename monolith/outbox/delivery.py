"""Calls to the broker, several at a time, in threads; outcomes come back to the relay's own."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import structlog

from monolith.outbox.publishers import BrokerUnavailable, Failure
from monolith.outbox.tracing import Publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.outbox.messages import Message
    from monolith.outbox.publishers import Publisher

log = structlog.get_logger(__name__)


class Outcome(NamedTuple):
    """What became of a batch: all but `failures` arrived, or, in an `outage`, nobody knows."""

    batch: list[Message]
    failures: list[Failure]
    outage: str | None = None
    seconds: float = 0.0
    """How long the call took."""

    @property
    def topic(self) -> str:
        """The topic of the whole batch."""
        return self.batch[0].topic


class Delivery:
    """Threads that publish. `on_finished` is called in one of them after each call.

    A second batch waits for each thread, so that it need not wait for the relay's own in turn. What
    waits behind a failed call to its topic is not tried: it fails as well.

    Threads of our own, because an executor's futures took a fifth of the relay's time.
    """

    def __init__(
        self, publisher: Publisher, *, threads: int, on_finished: Callable[[], None]
    ) -> None:
        self._publisher = publisher
        self._most_threads = threads
        self._threads: list[threading.Thread] = []
        self._batches: SimpleQueue[list[Message] | None] = SimpleQueue()
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._on_finished = on_finished
        self._in_flight: dict[str, int] = {}
        self._failed: set[str] = set()
        self.events_in_flight = 0
        """How many events are in batches that have not been collected yet."""

    @property
    def has_room(self) -> bool:
        """Whether another batch would start at once, or be the next one of a thread."""
        return sum(self._in_flight.values()) < 2 * self._most_threads

    def calls_in_flight(self, topic: str) -> int:
        """Return how many calls to a topic have not been collected yet."""
        return self._in_flight.get(topic, 0)

    def start(self, batch: list[Message]) -> None:
        """Publish a batch in the background."""
        topic = batch[0].topic
        if topic not in self._in_flight:
            self._failed.discard(topic)
        self._in_flight[topic] = self._in_flight.get(topic, 0) + 1
        self.events_in_flight += len(batch)
        if len(self._threads) < self._most_threads:
            self._start_thread()
        self._batches.put(batch)

    def finished(self) -> list[Outcome]:
        """Collect the outcomes there are, without waiting."""
        outcomes: list[Outcome] = []
        while True:
            try:
                outcomes.append(self._outcomes.get_nowait())
            except Empty:
                break
        for outcome in outcomes:
            self._count_down(outcome)
        return outcomes

    def close(self) -> None:
        """Wait for the calls under way; their outcomes can be collected afterwards."""
        for _ in self._threads:
            self._batches.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _count_down(self, outcome: Outcome) -> None:
        topic = outcome.topic
        self.events_in_flight -= len(outcome.batch)
        self._in_flight[topic] -= 1
        if not self._in_flight[topic]:
            del self._in_flight[topic]

    def _start_thread(self) -> None:
        name = f"outbox-publish-{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            began = monotonic()
            outcome = self._publish(batch)
            self._remember(outcome)
            self._outcomes.put(outcome._replace(seconds=monotonic() - began))
            self._on_finished()

    def _remember(self, outcome: Outcome) -> None:
        if outcome.outage is None:
            self._failed.discard(outcome.topic)
        else:
            self._failed.add(outcome.topic)

    def _publish(self, batch: list[Message]) -> Outcome:
        if batch[0].topic in self._failed:
            return Outcome(batch, [], "the call before failed")
        try:
            return Outcome(batch, self._call(batch))
        except BrokerUnavailable as error:
            return Outcome(batch, [], str(error))
        except Exception as error:  # without an outcome its streams would wait for ever
            log.exception("outbox_publisher_broken", topic=batch[0].topic)
            return Outcome(batch, [], repr(error))

    def _call(self, batch: list[Message]) -> list[Failure]:
        with Publication(batch) as publication:
            failures = self._publisher.publish(publication.batch)
            publication.note_failures({failed.event_id: failed.reason for failed in failures})
        return failures
