"""Is the monolith slower than usual? By the times of its answers, as all processes count them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Sum

from monolith.strangler.counting.statistics import quantile
from monolith.strangler.models import Tally

if TYPE_CHECKING:
    from datetime import datetime

TIMES_USUAL = 1.2
# Slower than a fast usual by so little is noise: 20 % of a millisecond is nobody's trouble.
LEAST_MILLISECONDS = 5.0
USUAL, NOW = timedelta(days=7), timedelta(minutes=5)
LEAST_USUAL, LEAST_NOW = 500, 50
_SERIES = "latency-monolith"
_Q = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowness:
    """The 95th percentile of the last five minutes beside that of the week before, in ms."""

    present: float
    usual: float

    @property
    def times_usual(self) -> float:
        """How many times its usual it is, or of the noise, where that is more."""
        return self.present / max(self.usual, LEAST_MILLISECONDS)

    def is_more_than(self, times: float) -> bool:
        """Tell whether that is so many times the usual, and more than noise."""
        return self.present > max(self.usual * times, LEAST_MILLISECONDS)

    def __str__(self) -> str:
        return f"p95 is {self.present:.0f} ms, usually {self.usual:.0f} ms"


def look(at: datetime) -> Slowness | None:
    """Compare each path's last minutes with its week before; return what is slowest beside usual.

    Each with its own: a search takes longer than an order, and does so when many more search than
    usual, too. None: too few reads to tell. It adds up a week of counts: ask seldom.
    """
    usual = _latencies(at - USUAL, at - NOW)
    present = _latencies(at - NOW, at)
    found = [
        Slowness(present=quantile(present[path], _Q), usual=quantile(usual[path], _Q))
        for path in usual.keys() & present.keys()
        if usual[path].total() >= LEAST_USUAL and present[path].total() >= LEAST_NOW
    ]
    return max(found, key=lambda slowness: slowness.times_usual, default=None)


def _latencies(since: datetime, until: datetime) -> dict[str, Counter[int]]:
    rows = (
        Tally.objects.filter(series=_SERIES, minute__gte=since, minute__lt=until)
        .values_list("path", "name")
        .annotate(total=Sum("count"))
    )
    latencies: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for path, name, total in rows:
        latencies[path][int(name)] += total
    return latencies
