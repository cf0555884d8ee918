"""Bounds, watch and histogram: against known figures, and against simulated truth."""

from __future__ import annotations

import random
from math import comb, log, log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.counting.statistics import (
    ERRORS,
    WRONG,
    Cusum,
    NoSamples,
    bucket_of,
    count_above,
    edge_of,
    least_excess,
    lower_bound,
    quantile,
    samples_needed,
    share_above,
    upper_bound,
)

LENGTHS = st.floats(min_value=0, max_value=1e7, allow_nan=False)
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
RUNS = 2_000


@pytest.mark.parametrize(
    ("bad", "n", "bound"),
    [
        (0, 300, 0.0099),
        (0, 1_000, 0.0030),
        (0, 3_000, 0.00100),
        (0, 10_000, 0.00030),
        (0, 30_000, 0.00010),
        (1, 3_000, 0.00158),
        (1, 10_000, 0.00047),
    ],
)
def test_upper_bound_is_that_of_the_tables(bad, n, bound):
    places = len(f"{bound:.5f}".rstrip("0")) - 2

    assert upper_bound(bad, n) == pytest.approx(bound, abs=0.51 * 10**-places)


@given(COUNTS)
def test_bound_is_the_share_at_which_so_few_are_one_case_in_twenty(counts):
    bad, n = counts
    upper, lower = upper_bound(bad, n), lower_bound(bad, n)

    assert lower <= bad / n <= upper
    if bad < n:
        assert _at_most(bad, n, upper) == pytest.approx(0.05, rel=1e-6)
    if bad:
        assert 1 - _at_most(bad - 1, n, lower) == pytest.approx(0.05, rel=1e-6)


def _at_most(bad, n, share):
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(bad + 1))


def test_bounds_of_large_counts_stay_beside_the_normal_approximation():
    share, n = 0.0005, 1_000_000
    spread = 1.645 * (share * (1 - share) / n) ** 0.5

    assert upper_bound(500, n) == pytest.approx(share + spread, rel=0.005)
    assert lower_bound(500, n) == pytest.approx(share - spread, rel=0.005)


def test_nothing_seen_rules_nothing_out():
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize(("bad", "n"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(bad, n):
    for bound in (upper_bound, lower_bound):
        with pytest.raises(ValueError, match="cannot be"):
            bound(bad, n)


@pytest.mark.parametrize("share", [0.0005, 0.001, 0.01])
@pytest.mark.parametrize("n", [300, 3_000, 10_000])
def test_truth_lies_above_the_bound_in_one_case_of_twenty_at_most(share, n):
    rng = random.Random(f"{share} {n}")
    counts = [_binomial(rng, n, share) for _ in range(RUNS)]
    bounds = {bad: upper_bound(bad, n) for bad in set(counts)}

    missed = sum(bounds[bad] < share for bad in counts)

    # The bound is exact or errs to the safe side; what is added is three times the chance error.
    assert missed / RUNS <= 0.05 + 3 * (0.05 * 0.95 / RUNS) ** 0.5


def _binomial(rng, n, share):
    """Jump from one bad one to the next: their distances are geometric."""
    bad, at = 0, _gap(rng, share)
    while at <= n:
        bad, at = bad + 1, at + _gap(rng, share)
    return bad


def _gap(rng, share):
    return int(log(1 - rng.random()) / log1p(-share)) + 1


@given(st.integers(0, 8), st.sampled_from([0.0003, 0.001, 0.003, 0.01, 0.05, 0.5]))
def test_samples_needed_is_the_least_number(wrong, bound):
    n = samples_needed(wrong, bound)

    assert upper_bound(wrong, n) <= bound
    assert n == 1 or wrong == n - 1 or upper_bound(wrong, n - 1) > bound


def test_share_that_is_none_needs_no_samples_but_an_error():
    for bound in (0, 1, 1.5):
        with pytest.raises(ValueError, match="no share"):
            samples_needed(0, bound)


def test_excess_that_is_not_there_is_found_in_one_case_of_twenty():
    rng = random.Random(20)
    found = 0
    for _ in range(RUNS):
        bad, control = _binomial(rng, 2_000, 0.01), _binomial(rng, 4_000, 0.01)
        found += least_excess(bad, 2_000, control_bad=control, control_n=4_000) > 0

    assert found / RUNS <= 0.065


def test_excess_that_is_there_is_found():
    rng = random.Random(21)
    found = 0
    for _ in range(RUNS):
        bad, control = _binomial(rng, 12_000, 0.008), _binomial(rng, 12_000, 0.002)
        found += least_excess(bad, 12_000, control_bad=control, control_n=12_000) > 0.0025

    assert found / RUNS > 0.95


def test_excess_over_nothing_cannot_be_told():
    with pytest.raises(NoSamples):
        least_excess(1, 10, control_bad=0, control_n=0)


@given(st.floats(0, 50), st.booleans())
def test_watch_moves_up_with_a_bad_one_and_down_with_a_good_one_but_not_below_nothing(score, bad):
    after = WRONG.advance(score, bad)

    assert after >= 0
    assert after > score if bad else after <= score


@given(st.integers(0, 300), st.integers(0, 5), st.floats(0, 7))
def test_several_at_once_raise_the_alarm_no_later_than_one_after_the_other(good, bad, score):
    together = WRONG.advance_many(score, seen=good + bad, bad=bad)
    for _ in range(bad):
        score = WRONG.advance(score, bad=True)
    for _ in range(good):
        score = WRONG.advance(score, bad=False)

    assert together >= score - 1e-9


def _run_length(rng, watch, share, most):
    """Return after how many the alarm comes, or None; jumps from one bad one to the next."""
    score, seen = 0.0, 0
    while True:
        gap = _gap(rng, share)
        seen += gap
        if seen > most:
            return None
        score = watch.advance_many(score, seen=gap, bad=1)
        if watch.has_alarmed(score):
            return seen


@pytest.mark.parametrize(
    ("watch", "share", "median", "nine_of_ten"),
    [
        (WRONG, 0.02, 179, 341),
        (WRONG, 0.005, 865, 1_713),
        (ERRORS, 0.02, 367, 673),
        (ERRORS, 0.08, 71, 113),
    ],
    ids=["2 % wrong", "0.5 % wrong", "2 % errors", "8 % errors"],
)
def test_watch_raises_the_alarm_after_as_many_as_it_should(watch, share, median, nine_of_ten):
    rng = random.Random(f"{share}")

    lengths = sorted(_run_length(rng, watch, share, 10**7) for _ in range(RUNS))

    assert lengths[RUNS // 2] == pytest.approx(median, rel=0.1)
    assert lengths[RUNS * 9 // 10] == pytest.approx(nine_of_ten, rel=0.12)


@pytest.mark.parametrize(("share", "least", "most"), [(0.0001, 0, 0.005), (0.0005, 0.4, 0.56)])
def test_watch_raises_few_false_alarms_in_400_000_comparisons(share, least, most):
    rng = random.Random(f"{share}")

    alarms = [_run_length(rng, WRONG, share, 400_000) is not None for _ in range(RUNS)]

    assert least <= sum(alarms) / RUNS < most


def test_alarm_comes_at_the_threshold_and_not_before():
    watch = Cusum(p0=0.1, p1=0.2, h=1.0)

    assert watch.has_alarmed(1.0)
    assert not watch.has_alarmed(0.999)


@given(LENGTHS)
def test_bucket_holds_what_is_put_into_it(value):
    bucket = bucket_of(value)

    assert value <= edge_of(bucket) * (1 + 1e-9)
    assert bucket == 0 or value > edge_of(bucket - 1) * (1 - 1e-9)


@given(st.integers(0, 400))
def test_edge_of_a_bucket_lies_in_it(bucket):
    assert bucket_of(edge_of(bucket)) == bucket


@given(st.lists(LENGTHS, min_size=1, max_size=200), st.floats(0.01, 1))
def test_quantile_is_never_too_low_and_five_per_cent_too_high_at_most(values, q):
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    rank = max(1, -(-round(q * len(values) * 1e9) // 10**9))
    truth = sorted(values)[min(rank, len(values)) - 1]

    told = quantile(counts, q)

    assert truth <= told * (1 + 1e-9)
    assert told <= max(truth, 0.1) * 1.05 * (1 + 1e-9)


def test_share_above_counts_what_lies_in_higher_buckets():
    counts = {bucket_of(10): 6, bucket_of(100): 3, bucket_of(1_000): 1}

    assert share_above(counts, 50) == 0.4
    assert count_above(counts, 100) == 1
    assert share_above(counts, 1_000) == 0


def test_nothing_can_be_told_of_an_empty_histogram():
    for ask in (quantile, share_above):
        with pytest.raises(NoSamples):
            ask({}, 0.5)
        with pytest.raises(NoSamples):
            ask({3: 0}, 0.5)
