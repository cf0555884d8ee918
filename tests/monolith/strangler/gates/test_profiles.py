from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from monolith.strangler.counting.statistics import samples_needed, upper_bound
from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates.profiles import (
    DEMO,
    SAMPLES_DIVISOR,
    STANDARD,
    STRICT,
    TIMES_DIVISOR,
    UnknownProfile,
    profile_called,
    profile_names,
)

STEPS = [rung.name for rung in RUNGS if rung.stage is Stage.CANARY]
ALL = [DEMO, STANDARD, STRICT]


def test_there_are_three_profiles_and_no_other():
    assert profile_names() == ["demo", "standard", "strict"]
    assert [profile_called(name) for name in profile_names()] == ALL
    with pytest.raises(UnknownProfile, match="demo, standard, strict"):
        profile_called("lax")


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_samples_without_a_wrong_one_reach_the_bound_that_they_are_meant_to(profile):
    assert upper_bound(0, profile.comparisons) <= profile.wrong_bound
    assert samples_needed(0, profile.wrong_bound) > profile.comparisons * 0.95
    for bake in profile.bakes.values():
        assert upper_bound(0, bake.verified) <= bake.wrong_bound


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_every_step_of_the_canary_has_its_bake_and_each_asks_for_more(profile):
    bakes = [profile.bake_of(step) for step in STEPS]

    assert list(profile.bakes) == STEPS
    for before, after in itertools.pairwise(bakes):
        assert before.lasts < after.lasts
        assert before.reads < after.reads
        assert before.wrong_bound >= after.wrong_bound
    with pytest.raises(KeyError):
        profile.bake_of("shadow-10")


def test_demo_says_what_it_divides_and_takes_minutes():
    waits = [bake.lasts for bake in DEMO.bakes.values()]
    whole = sum(waits, DEMO.soak + DEMO.alone + 3 * DEMO.settling)

    assert f"/ {SAMPLES_DIVISOR}" in DEMO.label
    assert f"/ {TIMES_DIVISOR:,}" in DEMO.label
    assert DEMO.comparisons == STANDARD.comparisons / SAMPLES_DIVISOR
    assert DEMO.soak == STANDARD.soak / TIMES_DIVISOR
    assert whole < timedelta(minutes=5)
    assert DEMO.between_passes <= timedelta(seconds=2)


def test_second_persons_are_asked_where_the_monolith_is_given_up():
    asked = {
        profile.name: {
            rung.name: profile.approvals_for(rung.name)
            for rung in RUNGS
            if profile.approvals_for(rung.name)
        }
        for profile in ALL
    }

    assert asked == {
        "demo": {"service": 1, "retired": 1},
        "standard": {"service": 1, "retired": 1},
        "strict": {"service": 2, "retired": 1},
    }


def test_strict_asks_for_no_less_than_standard():
    assert STRICT.comparisons > STANDARD.comparisons
    assert STRICT.wrong_bound < STANDARD.wrong_bound
    assert STRICT.bakes["canary-50"].lasts > STANDARD.bakes["canary-50"].lasts
    assert STRICT.reconciled_within < STANDARD.reconciled_within
    assert STRICT.soak > STANDARD.soak
