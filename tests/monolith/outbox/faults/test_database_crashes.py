"""PostgreSQL crashes under relays and writers, again and again."""

from __future__ import annotations

import random
from bisect import bisect_right
from contextlib import closing

import pytest

from tests.monolith.outbox.faults.databases import CrashableServer, migrate
from tests.monolith.outbox.faults.summary import Result
from tests.monolith.outbox.faults.testbed import Testbed
from tests.monolith.outbox.faults.verdicts import most_per_fault, repetitions

CRASHES = 6
RELAYS = 2
# Marks become durable with the next commit of a writer: a backlog this small bounds what is lost.
AHEAD = 80


@pytest.fixture
def server(tmp_path):
    server = CrashableServer(tmp_path / "data")
    yield server
    server.stop()


def test_crashes_of_the_database_lose_and_reorder_nothing(server, seed, tmp_path, report):
    migrate(server.address, tmp_path / "log")
    chance = random.Random(seed)
    crashes = []

    with closing(Testbed(tmp_path, server.address, seed, ahead=AHEAD)) as testbed:
        for _ in range(RELAYS):
            testbed.start_relay()
        testbed.start_writers(survives_crashes=True)
        for _ in range(CRASHES):
            testbed.wait_for_progress(chance.randrange(50, 500))
            crashes.append(testbed.look())
            server.crash()
        verdict = testbed.settle()
        worst = most_per_fault(
            repetitions(testbed.sink.publications),
            lambda repetition: bisect_right(crashes, repetition.position) or None,
        )
        report(
            Result(
                scenario="PostgreSQL crash",
                relays=RELAYS,
                events=len(testbed.recorded()),
                faults=CRASHES,
                verdict=verdict,
                worst=worst,
                allowed=testbed.options.batch_size * RELAYS,
            )
        )
