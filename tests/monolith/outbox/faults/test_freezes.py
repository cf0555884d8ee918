"""Relays that are frozen, lose their shards meanwhile, and wake up, while others go on."""

from __future__ import annotations

import random
import signal
from bisect import bisect_right

from tests.monolith.outbox.faults.summary import Result
from tests.monolith.outbox.faults.verdicts import most_per_fault, repetitions

FREEZES = 24
RELAYS = 3
_SHARDS_OF = "select shard from outbox_shard where owner = %s"


def test_frozen_relays_that_wake_up_lose_and_reorder_nothing(make_testbed, report):
    testbed = make_testbed(lease_seconds=0.6)
    chance = random.Random(testbed.seed)
    relays = [testbed.start_relay() for _ in range(RELAYS)]
    testbed.start_writers()

    freezes = [_freeze(testbed, chance.choice(relays), chance) for _ in range(FREEZES)]
    verdict = testbed.settle()

    report(
        Result(
            scenario="freeze",
            relays=RELAYS,
            events=len(testbed.recorded()),
            faults=FREEZES,
            verdict=verdict,
            worst=most_per_fault(
                repetitions(testbed.sink.publications),
                lambda repetition: bisect_right(freezes, repetition.position) or None,
            ),
            allowed=testbed.options.most_repeated,
        )
    )


def _freeze(testbed, relay, chance):
    """Freeze a relay until others have taken over, and return when that was, in publications."""
    testbed.wait_for(lambda: _has_shards(testbed, relay), "a relay with shards")
    chance.choice(MOMENTS)(testbed, relay, chance)
    frozen_at = testbed.look()
    testbed.wait_for(lambda: not _has_shards(testbed, relay), "a take-over")
    testbed.wait_for_progress(chance.randrange(100))
    relay.send(signal.SIGCONT)
    return frozen_at


def _wherever_it_is(testbed, relay, chance):
    testbed.wait_for_progress(chance.randrange(200))
    relay.freeze()


def _between_publishing_and_marking(testbed, relay, chance):
    relay.control.signal_after_call = signal.SIGSTOP
    testbed.wait_for(lambda: relay.is_frozen, f"{relay.label} frozen after a call")


def _before_publishing(testbed, relay, chance):
    relay.control.signal_before_call = signal.SIGSTOP
    testbed.wait_for(lambda: relay.is_frozen, f"{relay.label} frozen before a call")


MOMENTS = [_wherever_it_is, _between_publishing_and_marking, _before_publishing]


def _has_shards(testbed, relay):
    return testbed.rows(_SHARDS_OF, (relay.name,))
