from __future__ import annotations

import math
import random

import pytest

from benchmarks.outbox.rounds import median_of, medians, percentile


def test_contestants_take_turns_and_nobody_always_comes_second():
    turns = []

    def contestant(name):
        def take_turn(number):
            turns.append((name, number))
            return 0.0

        return take_turn

    medians({"a": contestant("a"), "b": contestant("b")}, rounds=3)

    assert turns == [("a", 1), ("b", 2), ("b", 3), ("a", 4), ("a", 5), ("b", 6)]


def test_one_slow_round_is_not_the_result():
    values = iter([10.0, 11.0, 1.0, 12.0, 9.0])

    assert medians({"a": lambda _: next(values)}, rounds=5) == {"a": 10.0}


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1, 100), (0, 1)])
def test_percentile_is_a_value_that_occurred(share, value):
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value


@pytest.mark.parametrize(
    ("n", "low", "high"), [(6, 1, 6), (8, 1, 8), (9, 2, 8), (20, 6, 15), (100, 40, 61)]
)
def test_median_lies_within_the_ranks_of_the_sign_test(n, low, high):
    found = median_of([float(value) for value in range(n, 0, -1)])

    assert (found.low, found.middle, found.high) == (low, (n + 1) / 2, high)


def test_interval_holds_the_true_median_19_times_of_20():
    drawn = random.Random(7)
    trials = [median_of([drawn.expovariate(1) for _ in range(20)]) for _ in range(4_000)]

    held = sum(found.low <= math.log(2) <= found.high for found in trials) / len(trials)

    assert 0.95 <= held <= 0.97


def test_too_few_values_say_nothing():
    with pytest.raises(ValueError, match="5 values are too few"):
        median_of([1.0] * 5)
