"""Brokers for tests: a slow one in memory, and a file, for relays in other processes."""

from __future__ import annotations

import os
import random
from time import sleep
from typing import TYPE_CHECKING

from event_contracts.codec import decode
from monolith.outbox.publishers import Failure, InMemoryPublisher
from tests.monolith.outbox.verdicts import Delivered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from monolith.outbox.messages import Message


class SlowPublisher(InMemoryPublisher):
    """Takes up to a few milliseconds for each batch, so that calls overlap in every way."""

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        sleep(random.uniform(0, 0.003))
        return super().publish(batch)


class FilePublisher:
    """Appends a line per event to a file: what is in it was accepted, whoever is killed later."""

    def __init__(self, path: Path, *, seconds: float = 0.002) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._seconds = seconds

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        lines = [" ".join(map(str, delivery)) for delivery in deliveries(batch)]
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
        sleep(self._seconds)
        return []


def deliveries(messages: Iterable[Message]) -> list[Delivered]:
    """Say of each message what the judge wants to know."""
    return [
        Delivered(str(message.event_id), message.stream, decode(message.payload).version)
        for message in messages
    ]


def read_deliveries(path: Path) -> list[Delivered]:
    """Read what a `FilePublisher` wrote."""
    if not path.exists():
        return []
    rows = [line.split(" ") for line in path.read_text().splitlines()]
    return [Delivered(event_id, stream, int(version)) for event_id, stream, version in rows]
