"""The relay as a process: `relaying SINK`, to nobody, slowly to nobody, or to SNS."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import django

from benchmarks.outbox.sightings import Sink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monolith.outbox.messages import Message
    from monolith.outbox.publishers import Failure, Publisher

MOST_ENTRIES = 10


class NullPublisher:
    """Takes everything, after so many seconds."""

    def __init__(self, call_seconds: float) -> None:
        self._call_seconds = call_seconds

    def publish(self, batch: Sequence[Message]) -> list[Failure]:  # noqa: ARG002 - the protocol
        """Take a batch."""
        if self._call_seconds:
            sleep(self._call_seconds)
        return []


class WatchedPublisher:
    """Notes what a publisher accepts, and any batch that a FIFO topic would not keep in order."""

    def __init__(self, publisher: Publisher, sink: Path) -> None:
        self._publisher = publisher
        self._sink = Sink(sink)
        self._breach = breach_of(sink)
        self._lock = threading.Lock()
        self._under_way: set[str] = set()

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        """Publish a batch; see `Publisher`."""
        streams = {message.stream for message in batch}
        with self._lock:
            if len(streams) != len(batch) or len(batch) > MOST_ENTRIES:
                self._breach.write_text(f"a batch of {len(batch)} for {len(streams)} streams")
            if not streams.isdisjoint(self._under_way):
                self._breach.write_text("two calls at once for one stream")
            self._under_way |= streams
        failures = self._publisher.publish(batch)
        failed = {failure.event_id for failure in failures}
        self._sink.note(m.event_id for m in batch if m.event_id not in failed)
        with self._lock:
            self._under_way -= streams
        return failures


def breach_of(sink: Path) -> Path:
    """Return the file that exists only if a batch was one that it must not be."""
    return sink.with_suffix(".breach")


def main() -> None:
    """Relay until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sink", type=Path)
    parser.add_argument("--call-seconds", type=float, default=0)
    parser.add_argument("--sns", action="store_true")
    arguments = parser.parse_args()
    django.setup()
    from monolith.outbox.configuration import RelayOptions
    from monolith.outbox.publishers import SnsPublisher
    from monolith.outbox.relay import Relay

    options = RelayOptions.from_settings()
    publisher: Publisher = NullPublisher(arguments.call_seconds)
    if arguments.sns:
        publisher = SnsPublisher.from_settings(threads=options.publish_threads)
    relay = Relay(publisher=WatchedPublisher(publisher, arguments.sink), options=options)
    signal.signal(signal.SIGTERM, lambda *_: relay.stop())
    relay.run()


if __name__ == "__main__":
    main()
