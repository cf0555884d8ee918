from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.backfill.pacing import FIRST_KEYS, TARGET_SECONDS, Pace

rates = st.floats(1, 100_000)


def after(pace, keys_per_second, chunks, at_most=1_000_000):
    for _ in range(chunks):
        keys = pace.next_keys(at_most=at_most)
        pace.note(keys, keys / keys_per_second)
    return pace


def test_first_chunk_is_a_cautious_one():
    assert Pace().next_keys(at_most=1_000) == FIRST_KEYS
    assert Pace().next_keys(at_most=7) == 7


@given(rate=rates)
def test_chunks_come_to_take_as_long_as_they_should(rate):
    keys = after(Pace(), rate, chunks=40).next_keys(at_most=1_000_000)

    assert keys == max(1, keys)
    assert abs(keys - rate * TARGET_SECONDS) <= 1 + rate * TARGET_SECONDS / 100


@given(rate=rates, at_most=st.integers(1, 500))
def test_no_chunk_is_larger_than_the_knob_says(rate, at_most):
    pace = after(Pace(), rate, chunks=20, at_most=at_most)

    assert 1 <= pace.next_keys(at_most=at_most) <= at_most


def test_one_quick_chunk_does_not_make_a_huge_one():
    pace = Pace()
    pace.note(100, 0.001)

    assert pace.next_keys(at_most=1_000_000) == 200


def test_one_slow_chunk_does_not_make_a_tiny_one():
    pace = after(Pace(), 1_000, chunks=20)

    pace.note(500, 5.0)

    assert pace.next_keys(at_most=1_000_000) == 387  # three quarters of 1,000/s, one of 100/s
