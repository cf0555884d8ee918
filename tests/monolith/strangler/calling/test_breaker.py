from __future__ import annotations

import pytest

from monolith.strangler.calling.breaker import Breaker, BreakerState


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock)


def fail(breaker, times):
    for _ in range(times):
        breaker.note(is_failure=True)


def test_five_failures_in_a_row_open_it(breaker):
    fail(breaker, 4)
    assert breaker.admit()

    assert breaker.note(is_failure=True)

    assert breaker.state is BreakerState.OPEN
    assert not breaker.admit()


def test_success_in_between_begins_the_row_anew(breaker):
    fail(breaker, 4)
    breaker.note(is_failure=False)
    fail(breaker, 4)

    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize(("good", "is_open"), [(15, True), (16, False)])
def test_more_than_a_fifth_of_twenty_open_it(breaker, good, is_open):
    pattern = [True] * (20 - good) + [False] * good
    # Never five in a row: each failure stands between successes, one at the end.
    bad = pattern.count(True)
    for number in range(good):
        breaker.note(is_failure=False)
        if number < bad - 1:
            breaker.note(is_failure=True)
    breaker.note(is_failure=True)

    assert (breaker.state is BreakerState.OPEN) is is_open


def test_failures_of_long_ago_do_not_count(breaker, clock):
    for _ in range(4):
        fail(breaker, 4)
        breaker.note(is_failure=False)
        clock.now += 11

    assert breaker.state is BreakerState.CLOSED


def test_open_breaker_lets_one_caller_a_second_try(breaker, clock):
    fail(breaker, 5)
    clock.now += 1

    assert [breaker.allows(), breaker.admit(), breaker.admit(), breaker.allows()] == [
        True,
        True,
        False,
        False,
    ]
    clock.now += 1
    assert breaker.admit()


def test_three_probes_in_a_row_close_it(breaker, clock):
    fail(breaker, 5)
    breaker.note(is_failure=False)
    breaker.note(is_failure=False)
    still_open = breaker.state

    breaker.note(is_failure=False)

    assert (still_open, breaker.state) == (BreakerState.HALF_OPEN, BreakerState.CLOSED)
    assert breaker.admit()


def test_failed_probe_begins_the_row_anew(breaker):
    fail(breaker, 5)
    breaker.note(is_failure=False)
    breaker.note(is_failure=False)
    breaker.note(is_failure=True)
    breaker.note(is_failure=False)

    assert breaker.state is BreakerState.HALF_OPEN
