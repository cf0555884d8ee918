"""What shows only over minutes: a service that has become slow, events that have stopped."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler import registry
from monolith.strangler.counting.statistics import quantile
from monolith.strangler.counting.watches import Alarm, Answer
from monolith.strangler.gates import gating
from monolith.strangler.models import Tally
from monolith.strangler.state import queries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

SLOW_MILLISECONDS = 800.0
SLOW_MINUTES = 3
LEAST_READS = 50
LAG = timedelta(seconds=60)
LAG_LASTS = timedelta(minutes=2)


def look(path: str, *, at: datetime) -> list[Alarm]:
    """Return what is wrong with a path over the last minutes; nothing, if nothing is."""
    return [*_slowness(path, at), *_lag(path, at)]


def _slowness(path: str, at: datetime) -> Iterator[Alarm]:
    patience = registry.get_path(path).times_as_patient
    limit = SLOW_MILLISECONDS * gating.current_profile().slowness_factor * patience
    this_minute = at.replace(second=0, microsecond=0)
    since = this_minute - timedelta(minutes=SLOW_MINUTES)
    rows = Tally.objects.filter(
        path=path, series="latency-service", minute__gte=since, minute__lt=this_minute
    )
    minutes: dict[datetime, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for minute, name, count in rows.values_list("minute", "name", "count"):
        minutes[minute][int(name)] += count
    slow = [
        sum(counts.values())
        for counts in minutes.values()
        if sum(counts.values()) >= LEAST_READS and quantile(counts, 0.99) > limit
    ]
    if len(slow) >= SLOW_MINUTES:
        yield Alarm(
            path=path,
            watch="slow",
            answer=Answer.STEP_DOWN,
            seen=sum(slow),
            bad=len(slow),
            score=0,
            told=f"the service's p99 is above {limit:.0f} ms "
            f"for {SLOW_MINUTES} minutes, n={sum(slow):,}",
        )


def _lag(path: str, at: datetime) -> Iterator[Alarm]:
    """The service has not heard the heart for longer than it may lag, and for two minutes more."""
    behind = queries.seconds_behind(path, at=at)
    if behind is not None and timedelta(seconds=behind) > LAG + LAG_LASTS:
        seconds = int(behind)
        yield Alarm(
            path=path,
            watch="lag",
            answer=Answer.STEP_DOWN,
            seen=seconds,
            bad=seconds,
            score=0,
            told=f"events have not reached the service for {seconds} s",
        )
