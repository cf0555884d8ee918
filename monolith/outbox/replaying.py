"""Published events once more, to one place, in the order given. The outbox is only read.

Of a stream one event at most is on its way, and behind one that is given up the rest of its stream
stays at home: whoever counts versions meets no gap that the selection did not have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import sleep
from typing import TYPE_CHECKING, NamedTuple

from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.outages import backoff
from monolith.outbox.publishers import MAX_BATCH_BYTES, BrokerUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monolith.outbox.messages import Message
    from monolith.outbox.publishers import Failure, Publisher
    from monolith.outbox.throttling import Throttle

_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0


class ReplayStopped(Exception):
    """The destination cannot be reached. What the replay is done with, its report tells."""


class GivenUp(NamedTuple):
    """An event that the destination refused for good."""

    message: Message
    reason: str


@dataclass(slots=True)
class Report:
    """What became of the events so far.

    Everything up to `last_id` is done with: sent, given up, or left out behind one given up.
    """

    sent: int = 0
    last_id: int | None = None
    given_up: list[GivenUp] = field(default_factory=list)
    left_out: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether everything was sent."""
        return not self.given_up

    @property
    def streams_given_up(self) -> set[str]:
        """The streams of which nothing more is sent."""
        return {given_up.message.stream for given_up in self.given_up}


class Replay:
    """One run. `report` is true at any moment, also after a run that was interrupted."""

    def __init__(
        self,
        publisher: Publisher,
        throttle: Throttle,
        *,
        attempts: int = _ATTEMPTS,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        self._publisher = publisher
        self._throttle = throttle
        self._attempts = attempts
        self._wait = wait
        self.report = Report()

    def run(self, messages: Iterable[Message]) -> Iterator[int]:
        """Send messages, given in the order of ids; yield how many more are done with.

        Raises:
            ReplayStopped: call after call failed as a whole.
        """
        for batch in batches(messages):
            stalled = self.report.streams_given_up
            ready = [message for message in batch if message.stream not in stalled]
            self._deliver(ready)
            self.report.left_out += len(batch) - len(ready)
            self.report.last_id = batch[-1].id
            yield len(batch)

    def _deliver(self, batch: list[Message]) -> None:
        for failures in range(1, self._attempts + 1):
            if not batch:
                return
            is_last = failures == self._attempts
            batch = self._attempt(batch, is_last=is_last)
            if batch and not is_last:
                self._wait(_pause(failures))

    def _attempt(self, batch: list[Message], *, is_last: bool) -> list[Message]:
        """Send a batch once and return what to send again."""
        self._throttle.take(len(batch))
        try:
            failures = self._publisher.publish(batch)
        except BrokerUnavailable as error:
            if is_last:
                raise ReplayStopped(str(error)) from error
            return batch
        self.report.sent += len(batch) - len(failures)
        return self._sort_out(batch, failures, is_last=is_last)

    def _sort_out(
        self, batch: list[Message], failures: Sequence[Failure], *, is_last: bool
    ) -> list[Message]:
        failed = {failure.event_id: failure for failure in failures}
        again: list[Message] = []
        for message in batch:
            failure = failed.get(message.event_id)
            if failure is None:
                continue
            if is_last or failure.is_own_fault:
                self.report.given_up.append(GivenUp(message, failure.reason))
            else:
                again.append(message)
        return again


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Cut messages into what one call carries, with one message per stream at most."""
    batch: list[Message] = []
    for message in messages:
        if batch and not _fits(batch, message):
            yield batch
            batch = []
        batch.append(message)
    if batch:
        yield batch


def _fits(batch: list[Message], message: Message) -> bool:
    return (
        len(batch) < MAX_ENTRIES
        and sum(each.size for each in batch) + message.size <= MAX_BATCH_BYTES
        and all(each.stream != message.stream for each in batch)
    )


def _pause(failures: int) -> float:
    return backoff(failures=failures, first=_FIRST_PAUSE_SECONDS, ceiling=_LONGEST_PAUSE_SECONDS)
