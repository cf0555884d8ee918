"""The figures that say how one path does: computed from what was tallied, each with n and age."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler.control_room import formatting
from monolith.strangler.control_room.figures import NOTHING, Figure, Taken, figure, plain
from monolith.strangler.counting import statistics
from monolith.strangler.deciding.ladder import WHOLE
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates.outcomes import bad_of, judged_of
from monolith.strangler.reporting.planned import share

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.control_room.tallying import Seen
    from monolith.strangler.models import PathState

ALIKE = frozenset({"match", "healed"})
FALLBACK = "monolith:fallback:"
READ_YOUR_WRITES = "monolith:read-your-writes"
FRESH_FOR = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_BEAT = timedelta(seconds=10)


def set_share(state: PathState) -> Figure:
    """Say which share of the customers is meant to be answered by the service."""
    if state.stage < Stage.CANARY:
        return plain("0 %", tone="faint")
    return plain(share(WHOLE if state.stage >= Stage.SERVICE else state.canary_bp))


def actual_share(rows: Rows, path: str) -> Figure:
    """Say which share of the reads the service answered, of late."""
    seen = rows.recent.seen(path, "answer")
    served = _count(seen, "service:")
    if not seen.total:
        return NOTHING
    return figure(formatting.percent(served, seen.total), _taken(rows, seen), n=seen.total)


def wrong_rate(compared: Seen, rechecked: Seen, rows: Rows) -> Figure:
    """Say how many per 10,000 comparisons disagreed, and at worst: counted as the gates do."""
    n = judged_of(compared, rechecked)
    if not n:
        return NOTHING
    bad = bad_of(compared, rechecked)
    bound = statistics.upper_bound(bad, n)
    return figure(
        formatting.per_ten_thousand(bad / n),
        _taken(rows, compared),
        n=n,
        bound=f"≤ {formatting.per_ten_thousand(bound)}",
        tone="bad" if bad else "",
    )


def wrong(rows: Rows, path: str) -> Figure:
    """Say how many answers of the last day disagreed."""
    return wrong_rate(rows.day.seen(path, "compare"), rows.day.seen(path, "recheck"), rows)


def judged(rows: Rows, path: str) -> int:
    """Count the comparisons of the last day that say whether the service is right."""
    return judged_of(rows.day.seen(path, "compare"), rows.day.seen(path, "recheck"))


def quantile(seen: Seen, q: float, rows: Rows) -> Figure:
    """Say what a share of the lengths of a histogram stayed below."""
    value = quantile_ms(seen, q)
    if value is None:
        return NOTHING
    return figure(formatting.milliseconds(value), _taken(rows, seen), n=seen.total)


def quantile_ms(seen: Seen, q: float) -> float | None:
    """Return a quantile in milliseconds, or None where nothing was seen."""
    buckets = seen.buckets()
    value = statistics.quantile(buckets, q) if buckets else math.nan
    return value if math.isfinite(value) else None


def fallback_share(seen: Seen) -> float | None:
    """Return which part of the reads meant for the service the monolith had to answer."""
    fell, meant = _count(seen, FALLBACK), meant_for_service(seen)
    return fell / meant if meant else None


def meant_for_service(seen: Seen) -> int:
    """Count the reads that the service should have answered."""
    return _count(seen, "service:") + _count(seen, FALLBACK) + seen.of(READ_YOUR_WRITES)


def fallback(rows: Rows, path: str) -> Figure:
    """Say which part of the day's reads fell back, own writes aside."""
    seen = rows.day.seen(path, "answer")
    part = fallback_share(seen)
    if part is None:
        return NOTHING
    text = formatting.percent(part, 1, digits=2)
    return figure(text, _taken(rows, seen), n=meant_for_service(seen))


def stale(rows: Rows, path: str) -> Figure:
    """Say how long the day's stale answers took to heal; as old as the last comparison is."""
    seen, compared = rows.day.seen(path, "staleness"), rows.day.seen(path, "compare")
    value = quantile_ms(seen, 0.99)
    if value is None:
        return NOTHING
    return figure(formatting.milliseconds(value), _taken(rows, compared), n=seen.total)


def latency(rows: Rows, path: str) -> tuple[Figure, Figure]:
    """Say what 95 % of the late reads stayed below: in the service, and in the monolith."""
    service, monolith = (
        quantile(rows.recent.seen(path, f"latency-{source}"), 0.95, rows)
        for source in ("service", "monolith")
    )
    return service, monolith


def lag(rows: Rows, path: str) -> Figure:
    """Say how far behind the service's data is; the age is that of the latest beat seen."""
    seen, beat = rows.recent.seen(path, "lag"), rows.beats.get(path)
    value = quantile_ms(seen, 0.99)
    if value is None or beat is None:
        return NOTHING
    taken = Taken(at=beat.looked_at, now=rows.now, period=_BEAT)
    return figure(formatting.milliseconds(value), taken, n=seen.total)


def verified(rows: Rows, path: str) -> Figure:
    """Say when every key was compared last, and whether that still counts."""
    run = rows.reconciles.get(path)
    if run is None or run.finished_at is None:
        return NOTHING
    found = sum(count for final, count in run.counts.items() if final not in ALIKE)
    text = f"{formatting.whole(found)} differ" if found else "all alike"
    taken = Taken(at=run.finished_at, now=rows.now, period=FRESH_FOR / 2)
    return figure(text, taken, n=run.keys, tone="bad" if found else "")


def is_verified_lately(rows: Rows, path: str) -> bool:
    """Tell whether the last full comparison is younger than a day."""
    run = rows.reconciles.get(path)
    return bool(run and run.finished_at and rows.now - run.finished_at <= FRESH_FOR)


def run_of(
    values: dict[datetime, float | None], now: datetime, hours: int = 24
) -> list[float | None]:
    """Return a value for each of the last hours; None where nothing was seen."""
    last = now.replace(minute=0, second=0, microsecond=0)
    return [values.get(last - timedelta(hours=back)) for back in range(hours - 1, -1, -1)]


def _taken(rows: Rows, seen: Seen) -> Taken:
    return Taken(at=seen.at, now=rows.now, period=_MINUTE)


def _count(seen: Seen, prefix: str) -> int:
    return sum(count for name, count in seen.counts.items() if name.startswith(prefix))
