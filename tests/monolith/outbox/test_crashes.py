"""Relays in processes of their own, killed and frozen."""

from __future__ import annotations

import os
import random
import signal

import pytest

from monolith.outbox import queries
from monolith.outbox.configuration import RelayOptions
from tests.monolith.outbox.brokers import FilePublisher, read_deliveries
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import (
    all_published,
    eventually,
    quick_options,
    relay_process,
    running_relay,
)
from tests.monolith.outbox.verdicts import judge

pytestmark = pytest.mark.django_db(transaction=True)


def _record(streams, each):
    return [
        event_id
        for number in range(each)
        for stream in range(streams)
        for event_id in commit(f"product/{stream if number % 2 else 0}")
    ]


def test_killed_relay_loses_nothing_and_repeats_one_batch_at_most(tmp_path):
    sink = tmp_path / "sink"
    recorded = _record(streams=20, each=20)

    with relay_process(sink) as victim:
        mark = random.randint(30, 250)
        eventually(lambda: len(read_deliveries(sink)) >= mark)
        victim.kill()
        victim.wait()
    with relay_process(sink):
        eventually(all_published)

    verdict = judge(recorded, read_deliveries(sink))
    assert (verdict.lost, verdict.inversions) == (0, 0)
    assert verdict.duplicates <= quick_options().batch_size < len(recorded)


def test_frozen_relay_that_wakes_up_after_the_take_over_marks_nothing(tmp_path):
    sink = tmp_path / "sink"
    recorded = _record(streams=20, each=20)

    with relay_process(sink) as frozen:
        eventually(lambda: len(read_deliveries(sink)) >= 50)
        os.kill(frozen.pid, signal.SIGSTOP)
        with running_relay(FilePublisher(sink)) as heir:
            eventually(all_published)
            os.kill(frozen.pid, signal.SIGCONT)
            later = commit("product/0", 20)
            eventually(lambda: len(queries.get_status().relays) == 2)
            eventually(all_published)
            assert heir.name in queries.get_status().relays

    verdict = judge([*recorded, *later], read_deliveries(sink))
    assert (verdict.lost, verdict.inversions) == (0, 0)
    assert verdict.duplicates <= quick_options().batch_size < len(recorded)


def test_default_lease_lets_another_relay_take_over_within_fifteen_seconds():
    assert RelayOptions().lease_seconds < 15
