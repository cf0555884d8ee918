"""Relays for tests, in threads of this process. `faults` runs them in processes of their own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING

from django.db import connection

from monolith.outbox.configuration import RelayOptions
from monolith.outbox.observing import NOBODY
from monolith.outbox.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monolith.outbox.observing import Observer
    from monolith.outbox.publishers import Publisher

_LONGEST_WAIT_SECONDS = 30


def quick_options(**overrides: float) -> RelayOptions:
    """Options with short waits, for tests that wait for something to happen."""
    quick = {
        "lease_seconds": 1.0,
        "retry_seconds": 0.05,
        "retry_ceiling_seconds": 0.1,
        "outage_seconds": 0.05,
        "outage_ceiling_seconds": 0.1,
        "batch_size": 160,  # fewer than the tests of crashes record
    }
    return RelayOptions.from_settings(**{**quick, **overrides})


@contextmanager
def running_relay(
    publisher: Publisher, options: RelayOptions | None = None, *, observer: Observer = NOBODY
) -> Iterator[Relay]:
    """Run a relay in a thread while the block lasts."""
    relay = Relay(publisher=publisher, options=options or quick_options(), observer=observer)
    thread = threading.Thread(target=relay.run, name="relay under test")
    thread.start()
    try:
        yield relay
    finally:
        relay.stop()
        thread.join(30)
        assert not thread.is_alive()


def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it does not hold in time.
    """
    deadline = monotonic() + _LONGEST_WAIT_SECONDS
    while not condition():
        if monotonic() > deadline:
            raise AssertionError(f"not within {_LONGEST_WAIT_SECONDS} s: {condition}")
        sleep(0.005)


def pending_count() -> int:
    """Count what is not published."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from outbox_message where published_at is null")
        return int(cursor.fetchone()[0])


def all_published() -> bool:
    """Return whether nothing is pending."""
    return pending_count() == 0
