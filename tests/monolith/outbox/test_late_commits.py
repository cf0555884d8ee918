"""A transaction that commits late has low ids: claimed by state it goes out, by watermark never."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from monolith.outbox import recording
from monolith.outbox.publishers import InMemoryPublisher
from tests.monolith.outbox.broken_relays import running_watermark_relay
from tests.monolith.outbox.brokers import deliveries
from tests.monolith.outbox.events import NOON, commit, sold_out
from tests.monolith.outbox.running import eventually, running_relay
from tests.monolith.outbox.verdicts import Verdict, judge

pytestmark = pytest.mark.django_db(transaction=True)


def test_late_commit_is_not_lost():
    verdict = _verdict_on_a_late_commit(running_relay, published=6)

    assert verdict == Verdict(lost=0, inversions=0, duplicates=0)


def test_relay_with_a_watermark_is_caught():
    verdict = _verdict_on_a_late_commit(running_watermark_relay, published=5)

    assert verdict.lost == 1


def _verdict_on_a_late_commit(running, *, published) -> Verdict:
    """Judge a relay when it has published so many of the six events."""
    publisher = InMemoryPublisher()
    with running(publisher):
        with _held_open("product/LATE") as late:
            recorded = commit("product/EARLY", 3)
            eventually(lambda: len(publisher.published) == 3)
        for stream in ("product/AFTERWARDS", "product/LAST"):
            recorded += commit(stream)
            _await(publisher, recorded[-1])
        eventually(lambda: len(publisher.published) >= published)
    return judge([*late, *recorded], deliveries(publisher.published))


@contextmanager
def _held_open(stream):
    recorded, commit_now, written = [], threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            recorded.append(recording.record(sold_out(), stream=stream, occurred_at=NOON))
            recording.flush()  # takes an id now, long before the commit
            written.set()
            commit_now.wait()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait()
    try:
        yield recorded
    finally:
        commit_now.set()
        writer.join()


def _await(publisher, event_id) -> None:
    eventually(lambda: event_id in {message.event_id for message in publisher.published})
