"""What came of it: reads by rung, who answered them, and what customers saw that they should not.

Rungs and their times come from the audit, reads from the customers themselves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.local.demo.readers import Reading, Readings

_MOVES = """
select extract(epoch from at)::float, after, to_stage, actor_kind, reason
from strangler_transition where path = %s order by version
"""
_RUNGS = {
    (0, 0, 0, True): "monolith", (10, 0, 0, True): "backfill", (20, 100, 0, True): "shadow-1",
    (20, 1_000, 0, True): "shadow-10", (20, 10_000, 0, True): "shadow-100",
    (30, 10_000, 100, True): "canary-1", (30, 10_000, 500, True): "canary-5",
    (30, 10_000, 2_500, True): "canary-25", (30, 10_000, 5_000, True): "canary-50",
    (40, 0, 10_000, True): "service", (40, 0, 10_000, False): "service-alone",
    (50, 0, 10_000, False): "retired",
}  # fmt: skip
RUNGS = tuple(_RUNGS.values())
"""The names of all rungs, the lowest first."""

_TITLES = ("rung", "seconds", "reads", "service", "monolith", "fell back", "p50", "p95")
_WIDTHS = (26, 8, 7, 8, 9, 10, 8, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A stretch of time on one rung, and why the path went there."""

    rung: str
    since: float
    until: float
    was_automatic: bool
    reason: str = ""


def stays(database: str, path: str, *, began: float, ended: float) -> list[Stay]:
    """Return where the path stood when, oldest first; times are those of the machine's clock."""
    with psycopg.connect(database) as connection:
        moves = connection.execute(_MOVES, (path,)).fetchall()
    marks = [(began, "monolith", False, "")]
    for at, after, stage, kind, reason in moves:
        key = (stage, after["shadow_bp"], after["canary_bp"], after["has_fallback"])
        if _RUNGS[key] != marks[-1][1]:
            marks.append((at, _RUNGS[key], kind == "auto", reason))
    marks.append((ended, "", False, ""))
    return [
        Stay(rung=rung, since=since, until=until, was_automatic=was_automatic, reason=reason)
        for (since, rung, was_automatic, reason), (until, *_) in pairwise(marks)
    ]


def lines(readings: Readings, stood: Sequence[Stay]) -> Iterator[str]:
    """Yield the closing table."""
    yield _row(_TITLES)
    for stay in stood:
        seen = [each for each in readings.since(stay.since) if each.ended_at < stay.until]
        yield _row(_cells(stay, seen))
    yield ""
    yield from _sums(readings)


def _cells(stay: Stay, seen: Sequence[Reading]) -> tuple[str, ...]:
    sources = Counter(each.source for each in seen)
    reasons = Counter(each.reason for each in seen)
    fell = sum(count for reason, count in reasons.items() if _is_fall_back(reason))
    rung = f"{stay.rung} (rolled back)" if stay.was_automatic else stay.rung
    return (
        rung,
        f"{stay.until - stay.since:.0f}",
        f"{len(seen):,}",
        f"{sources['service']:,}",
        f"{sources['monolith']:,}",
        f"{fell:,}",
        *(_quantile(seen, q) for q in (0.5, 0.95)),
    )


def _is_fall_back(reason: str) -> bool:
    return reason.startswith("fallback:") or reason in {"breaker-open", "read-your-writes"}


def _sums(readings: Readings) -> Iterator[str]:
    everything = readings.since()
    yield f"reads                       {len(everything):>7,}"
    yield f"orders placed by readers    {readings.orders_placed.total():>7,}"
    yield f"user-visible errors         {len(readings.errors()):>7,}"
    yield f"own writes not shown        {len(readings.violations()):>7,}"
    for problem, count in Counter([*readings.errors(), *readings.violations()]).most_common(5):
        yield f"  {count} x {problem}"


def _quantile(seen: Sequence[Reading], q: float) -> str:
    times = sorted(each.milliseconds for each in seen if not each.error)
    return f"{times[min(int(len(times) * q), len(times) - 1)]:.0f} ms" if times else "-"


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    rest = (f"{cell:>{width}}" for cell, width in zip(others, _WIDTHS[1:], strict=True))
    return "  ".join((f"{first:<{_WIDTHS[0]}}", *rest))
