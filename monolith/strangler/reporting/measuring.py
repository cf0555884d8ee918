"""How the moving reads stand, in numbers, from a few bounded statements that a scrape can afford.

Counts are those since midnight (UTC): so that every process tells the same, and a day of tallies is
the most that is added up. Whoever reads them as counters sees one begin anew each day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count, Sum

from monolith.strangler import registry
from monolith.strangler.counting.watches import WATCHMEN
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import RUNGS, rung_above
from monolith.strangler.mismatches import sealing
from monolith.strangler.models import (
    Duty,
    Heartbeat,
    PathState,
    Signature,
    Tally,
    Transition,
    Watch,
)
from monolith.strangler.reconciliation.freshness import Freshness, freshness
from monolith.strangler.state import controls, effects, queries
from monolith.strangler.watching.heartbeats import lag_seconds
from monolith.strangler.watching.watcher import DUTY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from monolith.strangler.models import WorkerSeen

LATELY = timedelta(minutes=5)
_STATEMENT_MILLISECONDS = 3_000
_COUNTED = (
    "answer", "unanswered", "compare", "verify", "ryw", "dropped", "breaker", "old-path", "harness",
)  # fmt: skip
_TIMED = ("latency-service", "latency-monolith", "staleness", "answer", "dead-letters")

# One row by the index for each path, however many evaluations are kept.
_GATES = """
select wanted.path, latest.results::json
from unnest(%s::text[], %s::text[]) as wanted (path, rung)
cross join lateral (
    select results from strangler_gateevaluation g
    where g.path = wanted.path and g.rung = wanted.rung order by g.at desc limit 1
) latest
"""

Named = tuple[str, str]
"""A series and a name in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMeasured:
    """One path. `today` counts since midnight, `lately` over the last five minutes.

    `rung` is the number of the rung from 0. `watches`: score as a share of what raises the alarm.
    `automatic`: changes that an alarm made, ever. `gates`: how many of those before the next rung
    said what, when they were asked last. What was never seen is None.
    """

    path: str
    stage: int
    rung: int
    canary_bp: int
    holds: frozenset[str]
    today: Mapping[Named, int]
    lately: Mapping[Named, int]
    watches: Mapping[str, float]
    lag_seconds: float | None
    reconciled: Freshness
    open_signatures: int
    automatic: Mapping[str, int]
    gates: Mapping[str, int]

    def histogram(self, series: str) -> dict[int, int]:
        """Return what lately took how long: bucket -> count."""
        return {int(name): count for (its, name), count in self.lately.items() if its == series}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All paths, and the processes that serve them."""

    paths: tuple[PathMeasured, ...]
    processes: tuple[WorkerSeen, ...]
    control_version: int
    is_watched: bool
    can_seal: bool


def measure(at: datetime) -> Measured:
    """Look at the tables.

    Raises:
        django.db.Error: the database does not answer, or not in time.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {_STATEMENT_MILLISECONDS}")
        return Measured(
            paths=tuple(_paths(registry.names(), at)),
            processes=tuple(effects.live_workers(at)),
            control_version=queries.newest_change(),
            is_watched=Duty.objects.filter(name=DUTY, until__gt=at).exists(),
            can_seal=sealing.can_seal(),
        )


def _paths(names: list[str], at: datetime) -> Iterable[PathMeasured]:
    states = {path: PathState(path=path) for path in (*names, controls.EVERYTHING)}
    states |= {state.path: state for state in PathState.objects.filter(path__in=states)}
    killed = controls.killed_names() | {path for path, kept in states.items() if kept.is_killed}
    rungs = {name: queries.rung_of(states[name]) for name in names}
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = _tallies(names, _COUNTED, midnight)
    lately = _tallies(names, _TIMED, at - LATELY)
    watches, beats = _watches(names), Heartbeat.objects.in_bulk(names)
    signatures, automatic = _open_signatures(names), _automatic(names)
    gates = _gates({name: above.name for name in names if (above := rung_above(rungs[name]))})
    for name in names:
        yield PathMeasured(
            path=name,
            stage=int(states[name].stage),
            rung=RUNGS.index(rungs[name]),
            canary_bp=states[name].canary_bp,
            holds=_holds(states[name], killed, at),
            today=today[name],
            lately=lately[name],
            watches=watches[name],
            lag_seconds=lag_seconds(beats[name], at) if name in beats else None,
            reconciled=freshness(name, at),
            open_signatures=signatures.get(name, 0),
            automatic=automatic[name],
            gates=gates[name],
        )


def _holds(state: PathState, killed: set[str], at: datetime) -> frozenset[str]:
    hold = queries.hold_of(state, at=at)
    is_killed = bool({state.path, controls.EVERYTHING} & killed)
    held = {hold.value} if hold is not Hold.NONE else set()
    return frozenset(held | ({"killed"} if is_killed else set()))


def _tallies(
    names: list[str], series: tuple[str, ...], since: datetime
) -> Mapping[str, dict[Named, int]]:
    minute = since.replace(second=0, microsecond=0)
    rows = (
        Tally.objects.filter(path__in=names, series__in=series, minute__gte=minute)
        .values_list("path", "series", "name")
        .annotate(total=Sum("count"))
    )
    found: defaultdict[str, dict[Named, int]] = defaultdict(dict)
    for path, its, name, total in rows:
        found[path][its, name] = total
    return found


def _watches(names: list[str]) -> Mapping[str, dict[str, float]]:
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for watch in Watch.objects.filter(path__in=names, name__in=WATCHMEN):
        watchman = WATCHMEN[watch.name]
        limit = watchman.cusum.h if watchman.cusum else watchman.hits
        found[watch.path][watch.name] = watch.score / limit
    return found


def _open_signatures(names: list[str]) -> dict[str, int]:
    opened = Signature.objects.filter(path__in=names, status="open")
    return dict(opened.values_list("path").annotate(total=Count("pk")))


def _automatic(names: list[str]) -> Mapping[str, dict[str, int]]:
    rows = (
        Transition.objects.filter(path__in=names, actor_kind="auto")
        .values_list("path", "kind")
        .annotate(total=Count("pk"))
    )
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for path, kind, total in rows:
        found[path][kind] = total
    return found


def _gates(above: dict[str, str]) -> Mapping[str, Counter[str]]:
    with connection.cursor() as cursor:
        cursor.execute(_GATES, [list(above), list(above.values())])
        rows: list[tuple[str, list[dict[str, Any]]]] = cursor.fetchall()
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path, results in rows:
        found[path] = Counter(said["verdict"] for said in results if not said["is_dry_run"])
    return found
