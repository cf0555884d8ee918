"""What a relay that was frozen knows of its last call is out of date, and must change nothing."""

from __future__ import annotations

import signal

from tests.monolith.outbox.events import NOON
from tests.monolith.outbox.faults.brokers import FirstCallRefused
from tests.monolith.outbox.faults.verdicts import Verdict, judge

STREAMS = ["product/1", "product/2", "product/3"]


def test_relay_frozen_before_it_marks_does_not_undo_a_resync(testbed):
    relay = testbed.start_relay()
    relay.control.signal_after_call = signal.SIGSTOP
    testbed.write_once(*STREAMS)
    testbed.wait_for(lambda: relay.is_frozen, "a relay frozen between publishing and marking")

    testbed.run(_resync)
    before = testbed.look()
    relay.send(signal.SIGCONT)
    testbed.settle()

    again = testbed.sink.publications[before:]
    assert judge(testbed.recorded(), again) == Verdict(lost=0, inversions=0, duplicates=0)
    assert before == len(STREAMS)


def test_relay_frozen_before_it_holds_does_not_park_what_others_published(make_testbed):
    testbed = make_testbed(max_attempts=1)
    frozen = testbed.start_relay(publisher=FirstCallRefused)
    frozen.control.signal_after_call = signal.SIGSTOP
    testbed.write_once("product/1")
    testbed.wait_for(lambda: frozen.is_frozen, "a relay frozen between a refusal and the hold")

    testbed.start_relay()
    testbed.wait_for(lambda: testbed.sink.publications, "the same event through another relay")
    frozen.send(signal.SIGCONT)
    testbed.wait_for(lambda: _has_shards(testbed, frozen), "shards for the one that woke up")

    assert not testbed.rows("select from outbox_held_stream")
    testbed.write_once("product/1")
    assert testbed.settle() == Verdict(lost=0, inversions=0, duplicates=0)


def _resync():
    from monolith.outbox.resync import republish_since

    republish_since(since=NOON)


def _has_shards(testbed, relay):
    return testbed.rows("select from outbox_shard where owner = %s", (relay.name,))
