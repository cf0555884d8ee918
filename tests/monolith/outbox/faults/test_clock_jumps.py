"""Clocks of relays that jump by hours: what counts is the database's, which nobody can move.

The wall clocks of both relays go both ways. So does one relay's monotonic clock, which no kernel
would do: whoever waits by it may sleep for hours, and the other has to take over meanwhile. The
other's only leaps ahead.
"""

from __future__ import annotations

import random
from bisect import bisect_right

from tests.monolith.outbox.faults.summary import Result
from tests.monolith.outbox.faults.verdicts import most_per_fault, repetitions

JUMPS = 30
RELAYS = 2
HOURS = 10 * 3600


def test_clocks_that_jump_lose_and_reorder_nothing(testbed, report):
    chance = random.Random(testbed.seed)
    relays = [testbed.start_relay() for _ in range(RELAYS)]
    testbed.start_writers()
    jumps = []

    for _ in range(JUMPS):
        testbed.wait_for_progress(chance.randrange(200))
        place = chance.randrange(RELAYS)
        _jump(relays[place].control, chance, may_go_back=place == 0)
        jumps.append(testbed.look())
    _set_back_and_kill(testbed, *relays)
    verdict = testbed.settle()

    report(
        Result(
            scenario="clock jump",
            relays=RELAYS,
            events=len(testbed.recorded()),
            faults=JUMPS + 1,
            verdict=verdict,
            worst=most_per_fault(
                repetitions(testbed.sink.publications),
                lambda repetition: bisect_right(jumps, repetition.position) or None,
            ),
            allowed=testbed.options.most_repeated,
        )
    )


def _set_back_and_kill(testbed, victim, heir):
    """Kill one when the other has the past before it, by its wall clock: it takes over at once."""
    heir.control.wall_offset -= 2 * HOURS
    testbed.kill(victim)
    testbed.wait_for_progress(50)
    testbed.write_once(*sorted(f"product/AFTER-{number}" for number in range(50)))


def _jump(control, chance, *, may_go_back):
    control.wall_offset = chance.uniform(-HOURS, HOURS)
    if may_go_back:
        control.monotonic_offset = chance.uniform(-HOURS, HOURS)
    else:
        control.monotonic_offset += chance.uniform(0, HOURS)
