"""What counts allow to be said: quantiles of histograms, and bounds of rates. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_RATIO = 1.05
_SMALLEST_MS = 0.1


def bucket_of(value: float) -> int:
    """Return the bucket of a length in milliseconds."""
    return max(0, math.floor(math.log(max(value, _SMALLEST_MS) / _SMALLEST_MS, _RATIO)))


def quantile(counts: Mapping[int, int], q: float) -> float:
    """Return the quantile of a histogram, in milliseconds."""
    wanted, seen = q * sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return float(_SMALLEST_MS * _RATIO ** (bucket + 0.5))
    return math.nan


def upper_bound(bad: int, n: int, confidence: float = 0.95) -> float:
    """Return the one-sided upper bound of a rate (Clopper-Pearson)."""
    if n == 0 or bad >= n:
        return 1.0
    low, high = bad / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(bad, n, middle) > 1 - confidence else (low, middle)
    return high


def _below(bad: int, n: int, rate: float) -> float:
    """Return the probability of at most `bad` among `n`."""
    terms = (
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(rate)
        + (n - k) * math.log1p(-rate)
        for k in range(bad + 1)
    )
    return sum(math.exp(term) for term in terms)
