"""The rows that the overview and a path's page start from, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from monolith.strangler import registry
from monolith.strangler.control_room.tallying import Tallies, read_tallies
from monolith.strangler.deciding import ladder
from monolith.strangler.models import (
    BackfillRun,
    Drill,
    Epoch,
    GateEvaluation,
    Heartbeat,
    NormaliseRule,
    PathState,
    Plan,
    ReconcileRun,
    Signature,
    Transition,
    Watch,
    WorkerSeen,
)
from monolith.strangler.registry import TWIN
from monolith.strangler.reporting.next_steps import Situation
from monolith.strangler.state import queries
from monolith.strangler.state.controls import EVERYTHING
from monolith.strangler.state.queries import rung_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db import models


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RECENT = timedelta(minutes=30)
OF_THE_DAY = ("answer", "compare", "recheck", "staleness")
OF_RECENT = ("answer", "latency-service", "latency-monolith", "lag", "unanswered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What was read for some paths at one instant; maps are by path."""

    now: datetime
    paths: tuple[str, ...]
    states: Mapping[str, PathState]
    epochs: Mapping[str, Epoch]
    moves: Mapping[str, Transition]
    evaluations: Mapping[str, GateEvaluation]
    beats: Mapping[str, Heartbeat]
    reconciles: Mapping[str, ReconcileRun]
    backfills: Mapping[str, BackfillRun]
    drills: Mapping[str, Drill]
    watches: Sequence[Watch]
    signatures: Sequence[Signature]
    rules: Sequence[NormaliseRule]
    plans: Sequence[Plan]
    workers: Sequence[WorkerSeen]
    control_version: int
    day: Tallies
    recent: Tallies

    def state_of(self, path: str) -> PathState:
        """Return a path's state; without a row, the monolith answers."""
        return self.states.get(path) or PathState(path=path, changed_at=self.now)

    def situation_of(self, path: str) -> Situation:
        """Return what the next steps of a path depend on."""
        state, run = self.state_of(path), self.backfills.get(path)
        killed = (name for name, kept in self.states.items() if kept.is_killed)
        return Situation(
            path=path,
            rung=queries.rung_of(state),
            hold=queries.hold_of(state, at=self.now),
            killed=frozenset(killed) & {path, EVERYTHING},
            is_filled=run is not None and run.finished_at is not None,
            plans=[plan for plan in self.plans if plan.path == path],
            evaluation=self.evaluations.get(path),
        )

    def is_all_killed(self) -> bool:
        """Tell whether everything is sent to the monolith."""
        return EVERYTHING in self.states and self.states[EVERYTHING].is_killed


def read_rows(now: datetime, only: str | None = None) -> Rows:
    """Read the rows of all paths, or of one."""
    states = {state.path: state for state in PathState.objects.all()}
    paths = (only,) if only else known_paths(states)
    epochs = _latest(Epoch.objects.filter(path__in=paths).order_by("path", "-number"))
    numbers = {path: epoch.number for path, epoch in epochs.items()}
    moves = Transition.objects.of_state(*paths, EVERYTHING).select_related("effect")
    reconciles = ReconcileRun.objects.filter(path__in=paths, finished_at__isnull=False)
    backfills = BackfillRun.objects.filter(path__in=paths, abandoned_at=None)
    drills = Drill.objects.filter(path__in=[name for path in paths for name in (path, path + TWIN)])
    return Rows(
        now=now,
        paths=paths,
        states=states,
        epochs=epochs,
        moves=_latest(moves.order_by("path", "-version")),
        evaluations=_latest(_evaluations(paths, states).order_by("path", "-at")),
        beats={beat.path: beat for beat in Heartbeat.objects.filter(path__in=paths)},
        reconciles=_latest(reconciles.order_by("path", "-started_at")),
        backfills=_latest(backfills.order_by("path", "-started_at", "-pk")),
        drills=_without_twins(_latest(drills.order_by("path", "-started_at"))),
        watches=list(Watch.objects.filter(path__in=paths).order_by("path", "name")),
        signatures=list(_open_signatures(paths)),
        rules=list(NormaliseRule.objects.filter(path__in=paths).order_by("expires_at", "pk")),
        plans=list(queries.pending_plans(now).filter(path__in=paths)),
        workers=list(WorkerSeen.objects.order_by("worker")),
        control_version=queries.newest_change(),
        day=_tallies(paths, OF_THE_DAY, now, DAY, HOUR, numbers),
        recent=_tallies(paths, OF_RECENT, now, RECENT, RECENT, numbers),
    )


def known_paths(states: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that are declared or have a state, without the drills' twins."""
    names = {*registry.names(), *states} - {EVERYTHING}
    return tuple(sorted(name for name in names if not name.endswith(TWIN)))


def _evaluations(
    paths: Collection[str], states: Mapping[str, PathState]
) -> models.QuerySet[GateEvaluation]:
    """Return the evaluations of the edge that each path has before it."""
    wanted = Q(pk__in=[])
    for path in paths:
        above = ladder.rung_above(rung_of(states.get(path) or PathState(path=path)))
        if above is not None:
            wanted |= Q(path=path, rung=above.name)
    return GateEvaluation.objects.filter(wanted)


def _open_signatures(paths: Collection[str]) -> models.QuerySet[Signature]:
    # A path with more open signatures than this is told about by any of them.
    return Signature.objects.filter(path__in=paths, status="open").order_by("-last_at")[:500]


def _latest(rows: models.QuerySet[Any]) -> dict[str, Any]:
    """Return the first row of each path; the order says which that is."""
    return {row.path: row for row in rows.distinct("path")}


def _without_twins(drills: Mapping[str, Drill]) -> dict[str, Drill]:
    newest = sorted(drills.values(), key=lambda drill: drill.started_at)
    return {drill.path.removesuffix(TWIN): drill for drill in newest}


def _tallies(
    paths: Collection[str],
    series: Collection[str],
    now: datetime,
    window: timedelta,
    step: timedelta,
    epochs: Mapping[str, int],
) -> Tallies:
    return read_tallies(
        paths=paths, series=series, since=now - window, now=now, step=step, epochs=epochs
    )
