"""Histograms of exponential buckets. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_RATIO = 1.05
_LEAST = 0.1


def bucket_of(value: float) -> int:
    """Return the bucket of a value in milliseconds; 0 holds everything up to 0.1 ms."""
    if value <= _LEAST:
        return 0
    return math.ceil(math.log(value / _LEAST, _RATIO))


def quantile(counts: Mapping[int, int], q: float) -> float:
    """Return the upper end, in milliseconds, of the bucket with the quantile; 0 of nothing."""
    rank, seen = q * sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return _LEAST * _RATIO**bucket
    return 0.0
