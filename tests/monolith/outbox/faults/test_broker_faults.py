"""A broker that fails in every way, under two relays."""

from __future__ import annotations

from collections import Counter

from monolith.outbox.configuration import MAX_ENTRIES
from tests.monolith.outbox.faults.brokers import UnreliablePublisher
from tests.monolith.outbox.faults.sink import Fault
from tests.monolith.outbox.faults.summary import Result
from tests.monolith.outbox.faults.verdicts import most_per_fault, repetitions

EACH = 6


def test_unreliable_broker_makes_the_relays_lose_and_reorder_nothing(make_testbed, report):
    # Leases that nobody loses: whatever is repeated, the broker is to blame for it. A long backlog:
    # holds end while it is being read.
    testbed = make_testbed(lease_seconds=20, ahead=2000)
    for _ in range(2):
        testbed.start_relay(publisher=UnreliablePublisher)
    testbed.start_writers()

    testbed.wait_for(lambda: _each_happened(testbed.sink), f"{EACH} faults of each kind")
    verdict = testbed.settle()

    repeated = repetitions(testbed.sink.publications)
    report(
        Result(
            scenario="unreliable broker",
            relays=2,
            events=len(testbed.recorded()),
            faults=len(testbed.sink.faults),
            verdict=verdict,
            worst=most_per_fault(repeated, _unanswered_call),
            allowed=MAX_ENTRIES,
        )
    )
    assert all(map(_unanswered_call, repeated))
    assert not testbed.rows("select stream from outbox_held_stream")


def _unanswered_call(repetition):
    before = repetition.before
    return (before.relay, before.unanswered_call) if before.unanswered_call else None


def _each_happened(sink):
    happened = Counter(sink.faults)
    return all(happened[kind] >= EACH for kind in Fault)
