"""What may be concluded from counts: bounds, a sequential watch, quantiles. Pure.

All bounds are one-sided. They hold for one look at a number of samples fixed beforehand; who looks
again and again needs the watch (`Cusum`), which is meant to be looked at with every sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, expm1, lgamma, log, log1p, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONFIDENCE = 0.95
_NORMAL_QUANTILE = 1.6448536269514722  # of the confidence above, one-sided
_BISECTIONS = 60
_LEAST_MILLISECONDS = 0.1
_RATIO = 1.05
_TINY = 1e-300
_MOST_TERMS = 20_000


class NoSamples(ValueError):
    """Nothing was counted, so nothing can be said."""

    def __init__(self) -> None:
        super().__init__("there are no samples")


def upper_bound(bad: int, n: int) -> float:
    """Return the largest share of bad ones that `bad` of `n` do not rule out (Clopper-Pearson).

    The true share lies above it in at most one of twenty cases. 1 where there are no samples.

    Raises:
        ValueError: `bad` is not between 0 and `n`.
    """
    _check_counts(bad, n)
    if bad == n:
        return 1.0
    if bad == 0:
        return -expm1(log(1 - CONFIDENCE) / n)
    return _bisect(lambda share: _at_most(bad, n, share) > 1 - CONFIDENCE)


def lower_bound(bad: int, n: int) -> float:
    """Return the smallest share of bad ones that `bad` of `n` do not rule out (Clopper-Pearson).

    Raises:
        ValueError: `bad` is not between 0 and `n`.
    """
    _check_counts(bad, n)
    if bad == 0:
        return 0.0
    return _bisect(lambda share: 1 - _at_most(bad - 1, n, share) < 1 - CONFIDENCE)


def samples_needed(wrong_allowed: int, bound: float) -> int:
    """Return the least n at which so many wrong ones still have an upper bound of `bound`.

    Raises:
        ValueError: `bound` is not between 0 and 1.
    """
    if not 0 < bound < 1:
        raise ValueError(f"{bound} is no share between 0 and 1")
    least, most = wrong_allowed, wrong_allowed + 1
    while not _rules_out(bound, wrong_allowed, most):
        least, most = most, most * 2
    while most - least > 1:
        middle = (least + most) // 2
        is_enough = _rules_out(bound, wrong_allowed, middle)
        least, most = (least, middle) if is_enough else (middle, most)
    return most


def least_excess(bad: int, n: int, *, control_bad: int, control_n: int) -> float:
    """Return the least difference of two shares that the samples do not rule out.

    Newcombe's hybrid of two score intervals, one-sided: the true difference lies below it in
    about one of twenty cases. It holds for small counts, where the normal approximation does not.

    Raises:
        NoSamples: one side has none.
        ValueError: more are bad than there are.
    """
    low, _ = _score_interval(bad, n)
    _, control_high = _score_interval(control_bad, control_n)
    share, control = bad / n, control_bad / control_n
    return share - control - sqrt((share - low) ** 2 + (control_high - control) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum:
    """Watches a stream of good and bad ones for the share of bad ones to rise from p0 to p1.

    Each one moves the score by the logarithm of how much likelier p1 makes it than p0; the score
    never falls below 0, and at `h` it raises the alarm. Whoever keeps the score keeps the alarm.
    """

    p0: float
    p1: float
    h: float

    def advance(self, score: float, bad: bool) -> float:  # noqa: FBT001 - as one says it
        """Return the score after one more."""
        return self.advance_many(score, seen=1, bad=int(bad))

    def advance_many(self, score: float, *, seen: int, bad: int) -> float:
        """Return the score after several whose order nobody knows: the good ones first.

        That can only raise the score, and by less than 0.02 for each good one.
        """
        rested = max(0.0, score + (seen - bad) * log1p(-self.p1) - (seen - bad) * log1p(-self.p0))
        return rested + bad * log(self.p1 / self.p0)

    def has_alarmed(self, score: float) -> bool:
        """Tell whether a score raises the alarm."""
        return score >= self.h


WRONG = Cusum(p0=0.0005, p1=0.005, h=6.9)
"""The watch of wrong answers: tolerates 0.05 %, finds 2 % after 179 comparisons in the median."""

ERRORS = Cusum(p0=0.002, p1=0.02, h=11.5)
"""The watch of errors and fall-backs: tolerates 0.2 %, finds 8 % after some 70 reads, all in five.

Where nobody is harmed, for the monolith answers instead, it may take its time: with h = 6.9 three
in a row were an alarm, and more than half of the runs of 100,000 tolerable reads raised one.
"""

STALE = Cusum(p0=0.03, p1=0.3, h=11.5)
"""The watch of answers that lag behind what customers wrote: tolerates 3 %, finds all in five."""


def bucket_of(value: float) -> int:
    """Return the histogram bucket of a length in milliseconds.

    Bucket 0 holds all up to 0.1 ms; each next one reaches 5 % further than the one before it.
    """
    if value <= _LEAST_MILLISECONDS:
        return 0
    return ceil(log(value / _LEAST_MILLISECONDS) / log(_RATIO) - 1e-9)


def edge_of(bucket: int) -> float:
    """Return the largest length in milliseconds that a bucket holds."""
    return float(_LEAST_MILLISECONDS * _RATIO**bucket)


def quantile(counts: Mapping[int, int], q: float) -> float:
    """Return a quantile in milliseconds, from how many samples each bucket holds.

    It is never too low, and at most 5 % too high.

    Raises:
        NoSamples: all buckets are empty.
    """
    total = sum(counts.values())
    if total <= 0:
        raise NoSamples
    rank, seen = max(1, ceil(q * total - 1e-9)), 0
    ordered = sorted(counts)
    for bucket in ordered:
        seen += counts[bucket]
        if seen >= rank:
            return edge_of(bucket)
    return edge_of(ordered[-1])


def count_above(counts: Mapping[int, int], limit: float) -> int:
    """Count the samples in buckets above the one that holds `limit` milliseconds."""
    held = bucket_of(limit)
    return sum(count for bucket, count in counts.items() if bucket > held)


def share_above(counts: Mapping[int, int], limit: float) -> float:
    """Return the share of samples in buckets above the one that holds `limit` milliseconds.

    Raises:
        NoSamples: all buckets are empty.
    """
    total = sum(counts.values())
    if total <= 0:
        raise NoSamples
    return count_above(counts, limit) / total


def _check_counts(bad: int, n: int) -> None:
    if not 0 <= bad <= n:
        raise ValueError(f"{bad} of {n} cannot be")


def _bisect(is_too_low: Callable[[float], bool]) -> float:
    """Return the share at which the question turns; rounded up."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_too_low(middle) else (low, middle)
    return high


def _rules_out(share: float, bad: int, n: int) -> bool:
    return _at_most(bad, n, share) <= 1 - CONFIDENCE


def _at_most(bad: int, n: int, share: float) -> float:
    """How likely `bad` or fewer of `n` are, at a share: the binomial distribution's tail."""
    return _beta_share(n - bad, bad + 1, 1 - share)


def _beta_share(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    # The fraction converges fast on this side of the mean only; the other is its complement.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        before = value
        for term in _terms(a, b, x, m):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            value *= c * d
        if abs(value - before) <= abs(value) * 1e-14:
            return value
    raise ArithmeticError(f"I_{x}({a}, {b}) does not converge")


def _terms(a: float, b: float, x: float, m: int) -> tuple[float, float]:
    even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return even, odd


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _score_interval(bad: int, n: int) -> tuple[float, float]:
    """Return Wilson's interval; each end is one-sided."""
    if n <= 0:
        raise NoSamples
    _check_counts(bad, n)
    share, squared = bad / n, _NORMAL_QUANTILE**2
    centre = (share + squared / (2 * n)) / (1 + squared / n)
    spread = share * (1 - share) / n + squared / (4 * n * n)
    reach = _NORMAL_QUANTILE * sqrt(spread) / (1 + squared / n)
    return max(0.0, centre - reach), min(1.0, centre + reach)
