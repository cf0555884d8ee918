from __future__ import annotations

import pytest

from benchmarks.outbox.rounds import medians, percentile


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
