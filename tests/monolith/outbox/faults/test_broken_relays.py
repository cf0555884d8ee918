"""The scenarios can fail: each of the classic defects is caught."""

from __future__ import annotations

import signal

import pytest

from tests.monolith.outbox.faults.broken_relays import (
    ForgivingRelay,
    HastyRelay,
    SkipLockedRelay,
    WatermarkRelay,
    stubborn_relay,
)
from tests.monolith.outbox.faults.brokers import UnreliablePublisher
from tests.monolith.outbox.faults.held_commits import LATE_STREAMS, HeldCommit

ROUNDS = 200


def test_relay_with_a_watermark_loses_late_commits(testbed):
    testbed.start_relay(make=WatermarkRelay)
    held = HeldCommit(testbed)
    testbed.start_writers()

    testbed.wait_for_progress(100)
    held.let_go()
    testbed.writers.stop()
    testbed.write_once("product/LAST")
    testbed.wait_for(lambda: _published(testbed, "product/LAST"), "the last event")

    assert testbed.verdict().lost >= len(LATE_STREAMS)
    assert not any(_published(testbed, stream) for stream in LATE_STREAMS)


def test_two_relays_that_skip_locked_rows_reorder(testbed):
    for _ in range(2):
        testbed.start_relay(make=SkipLockedRelay)
    testbed.start_writers()

    _until(testbed, lambda verdict: verdict.inversions)


def test_relay_that_marks_before_publishing_loses_when_killed(testbed):
    testbed.start_writers()
    for _ in range(3):
        victim = testbed.start_relay(make=HastyRelay)
        testbed.wait_for_progress(50)
        victim.control.signal_before_call = signal.SIGKILL
        testbed.wait_for(lambda victim=victim: not victim.process.is_alive(), "its end")
        testbed.kill(victim)
    testbed.start_relay(make=HastyRelay)

    assert testbed.settle().lost >= 3


def test_relay_that_ignores_tokens_repeats_more_than_a_batch_after_a_freeze(testbed):
    frozen = testbed.start_relay(make=stubborn_relay)
    testbed.start_writers()
    testbed.wait_for_progress(50)
    testbed.start_relay()

    frozen.freeze()
    testbed.wait_for(lambda: not _has_shards(testbed, frozen), "a take-over")
    frozen.send(signal.SIGCONT)

    _until(testbed, lambda verdict: verdict.duplicates > testbed.options.most_repeated)


def test_relay_that_puts_failures_aside_reorders(testbed):
    testbed.start_relay(make=ForgivingRelay, publisher=UnreliablePublisher)
    testbed.start_writers()

    _until(testbed, lambda verdict: verdict.inversions)


def _until(testbed, is_caught):
    for _ in range(ROUNDS):
        testbed.wait_for_progress(50)
        if is_caught(testbed.verdict()):
            return
    pytest.fail(f"not caught: {testbed.verdict()}, seed {testbed.seed}")


def _published(testbed, stream):
    return stream in {publication.stream for publication in testbed.sink.publications}


def _has_shards(testbed, relay):
    return testbed.rows("select from outbox_shard where owner = %s", (relay.name,))
