"""A transaction that stays open for a minute, while later ones commit and are published."""

from __future__ import annotations

from time import monotonic

from tests.monolith.outbox.faults.held_commits import LATE_STREAMS
from tests.monolith.outbox.faults.summary import Result

LATER_EVENTS = 200
HEARTBEATS = 3
_HEARD_OF = "select max(alive_until) from outbox_relay"


def test_commit_that_comes_a_minute_late_is_published(minute, report):
    testbed, held, began_at = minute
    testbed.wait_for(lambda: monotonic() - began_at >= 60, "a minute")
    testbed.wait_for(lambda: len(testbed.sink.event_ids) >= LATER_EVENTS, "later events")
    testbed.writers.stop()
    testbed.wait_until_drained()
    for _ in range(HEARTBEATS):
        last = testbed.rows(_HEARD_OF)
        testbed.wait_for(lambda last=last: testbed.rows(_HEARD_OF) > last, "an idle heartbeat")
    assert not _late(testbed)

    held.let_go()
    testbed.wait_for(lambda: _late(testbed) == LATE_STREAMS, "the late events")
    verdict = testbed.settle()

    report(
        Result(
            scenario="commit a minute late",
            relays=1,
            events=len(testbed.recorded()),
            faults=1,
            verdict=verdict,
            worst=verdict.duplicates,
            allowed=0,
        )
    )


def _late(testbed):
    return sorted(p.stream for p in testbed.sink.publications if p.stream in LATE_STREAMS)
