"""Is the monolith slower than usual? By the times of its answers, as all processes count them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Sum

from monolith.strangler.models import Tally
from monolith.strangler.profiles import profile_called
from monolith.strangler.statistics import quantile

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

    def is_more_than(self, times: float) -> bool:
        """Tell whether that is so many times the usual, and more than noise."""
        return self.present > max(self.usual * times, LEAST_MILLISECONDS)

    def __str__(self) -> str:
        return f"p95 is {self.present:.0f} ms, usually {self.usual:.0f} ms"


def most_times_usual() -> float:
    """Return how many times the usual is too slow for what nobody waits for, by the profile."""
    profile = profile_called(getattr(settings, "STRANGLER_PROFILE", "standard"))
    return TIMES_USUAL * profile.slowness_factor


def look(at: datetime) -> Slowness | None:
    """Compare the last minutes with the week before, over all paths; None: too few to tell.

    It adds up a week of counts: ask seldom.
    """
    usual = _latencies(at - USUAL, at - NOW)
    present = _latencies(at - NOW, at)
    if usual.total() < LEAST_USUAL or present.total() < LEAST_NOW:
        return None
    return Slowness(present=quantile(present, _Q), usual=quantile(usual, _Q))


def _latencies(since: datetime, until: datetime) -> Counter[int]:
    rows = (
        Tally.objects.filter(series=_SERIES, minute__gte=since, minute__lt=until)
        .values_list("name")
        .annotate(total=Sum("count"))
    )
    return Counter({int(name): total for name, total in rows})
