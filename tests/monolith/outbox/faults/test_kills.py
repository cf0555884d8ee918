"""Relays killed with kill -9 at any moment, under load, and replaced."""

from __future__ import annotations

import random
import signal

import pytest

from monolith.outbox.configuration import RelayOptions
from tests.monolith.outbox.faults.summary import Result
from tests.monolith.outbox.faults.verdicts import most_per_fault, repetitions


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("relays", "kills"), [(1, 50), (2, 70), (4, 90)])
def test_killed_relays_lose_and_reorder_nothing(make_testbed, report, relays, kills):
    testbed = make_testbed(lease_seconds=0.6)
    chance = random.Random(f"{testbed.seed} {relays} relays")
    fleet = [testbed.start_relay() for _ in range(relays)]
    testbed.start_writers()

    for _ in range(kills):
        place = chance.randrange(relays)
        chance.choice(MOMENTS)(testbed, fleet[place], chance)
        heir = fleet[place].name if chance.random() < 1 / 2 else None
        fleet[place] = testbed.start_relay(heir)
    verdict = testbed.settle()

    report(
        Result(
            scenario="kill -9",
            relays=relays,
            events=len(testbed.recorded()),
            faults=kills,
            verdict=verdict,
            worst=most_per_fault(repetitions(testbed.sink.publications), _kill_behind(testbed)),
            allowed=testbed.options.most_repeated,
        )
    )


def _wherever_it_is(testbed, relay, chance):
    testbed.wait_for_progress(chance.randrange(150))
    testbed.kill(relay)


def _between_publishing_and_marking(testbed, relay, chance):
    relay.control.signal_after_call = signal.SIGKILL
    _await_death(testbed, relay)


def _before_publishing(testbed, relay, chance):
    relay.control.signal_before_call = signal.SIGKILL
    _await_death(testbed, relay)


def _when_idle(testbed, relay, chance):
    testbed.writers.rest()
    testbed.wait_until_drained()
    testbed.kill(relay)
    testbed.writers.go_on()


MOMENTS = [
    *[_wherever_it_is] * 6,
    *[_between_publishing_and_marking] * 2,
    _before_publishing,
    _when_idle,
]


def _await_death(testbed, relay):
    testbed.wait_for(lambda: not relay.process.is_alive(), f"the end of {relay.label}")
    testbed.kill(relay)


def _kill_behind(testbed):
    """A repetition comes from the kill of who published before, if that was dead by then."""
    killed_at = {relay.label: relay.killed_at for relay in testbed.relays}

    def kill_of(repetition):
        died = killed_at[repetition.before.relay]
        is_after = died is not None and repetition.position >= died
        return repetition.before.relay if is_after else None

    return kill_of


def test_default_lease_lets_another_relay_take_over_within_fifteen_seconds():
    assert RelayOptions().lease_seconds < 15
