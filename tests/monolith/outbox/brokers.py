"""Brokers for tests, in memory."""

from __future__ import annotations

import random
from time import sleep
from typing import TYPE_CHECKING

from event_contracts.codec import decode
from monolith.outbox.publishers import Failure, InMemoryPublisher
from tests.monolith.outbox.faults.sink import Publication

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monolith.outbox.messages import Message


class SlowPublisher(InMemoryPublisher):
    """Takes up to a few milliseconds for each batch, so that calls overlap in every way."""

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        sleep(random.uniform(0, 0.003))
        return super().publish(batch)


def deliveries(messages: Iterable[Message]) -> list[Publication]:
    """Say of each message what the judge wants to know."""
    return [
        Publication(str(message.event_id), message.stream, decode(message.payload).version)
        for message in messages
    ]
