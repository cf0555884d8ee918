"""One path's page: where it stands, what holds it, what the evidence says, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.control_room import (
    actions,
    evidence_panels,
    formatting,
    holds,
    rail,
)
from monolith.strangler.control_room.attention import findings
from monolith.strangler.control_room.fleet import effect_of
from monolith.strangler.control_room.gate_rows import NOT_EVALUATED, gate_rows, verdict_chip
from monolith.strangler.control_room.overview import path_line
from monolith.strangler.control_room.path_charts import charts_of
from monolith.strangler.control_room.rows import read_rows
from monolith.strangler.control_room.timeline import timeline
from monolith.strangler.deciding.ladder import rung_above
from monolith.strangler.models import GateEvaluation, PathState
from monolith.strangler.reporting.next_steps import next_steps
from monolith.strangler.state.queries import rung_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monolith.strangler.control_room.access import User
    from monolith.strangler.control_room.actions import Action
    from monolith.strangler.control_room.attention import Finding
    from monolith.strangler.control_room.evidence_panels import Counted, Outcomes, Shape
    from monolith.strangler.control_room.figures import Chip
    from monolith.strangler.control_room.gate_rows import GateRow
    from monolith.strangler.control_room.overview import PathLine
    from monolith.strangler.control_room.path_charts import Chart
    from monolith.strangler.control_room.rail import Pip
    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.control_room.timeline import Event

_TREND = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The last change of a path, in words."""

    since: str
    at: str
    actor: str
    reason: str
    ticket: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The gates before the next rung, as they were evaluated last."""

    rung: str
    verdict: Chip
    age: str
    profile: str
    passing: int
    gates: tuple[GateRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPage:
    """All that a path's page shows."""

    now: datetime
    path: str
    family: str
    pips: tuple[Pip, ...]
    line: PathLine
    standing: Standing | None
    hold: Chip
    is_held: bool
    fallback: Chip
    breaker: Chip
    epoch: str
    findings: tuple[Finding, ...]
    actions: tuple[Action, ...]
    edge: Edge | None
    outcomes: Outcomes
    shapes: tuple[Shape, ...]
    own_writes: tuple[Counted, ...]
    side_counts: tuple[Counted, ...]
    charts: tuple[Chart, ...]
    events: tuple[Event, ...]
    commands: tuple[str, ...]

    @property
    def verdicts(self) -> str:
        """Say the verdict and what holds the path, to be spoken when it changes."""
        return f"{self.path}: {self.line.next.text}, hold {self.hold.text}"


class UnknownPath(Exception):
    """No path of this name is declared, and none has a state."""


def build_path_page(path: str, user: User, now: datetime) -> PathPage:
    """Read and compute one path's page.

    Raises:
        UnknownPath: nobody knows the path.
    """
    check_known(path)
    rows = read_rows(now, only=path)
    evaluations = _evaluations(path)
    tallies = evidence_panels.read_epoch(rows, path)
    state, hold = rows.state_of(path), holds.hold_chip(rows, path)
    return PathPage(
        now=now,
        path=path,
        family=_family(path),
        pips=rail.pips(rung_of(state)),
        line=path_line(rows, path),
        standing=_standing(rows, path),
        hold=hold,
        is_held=hold != holds.NO_HOLD,
        fallback=holds.fallback_chip(rows, path),
        breaker=holds.breaker_chip(rows, path),
        epoch=_epoch(rows, path),
        findings=tuple(found for found in findings(rows) if found.path == path),
        actions=actions.actions(rows, path, user),
        edge=_edge(rows, path, evaluations),
        outcomes=evidence_panels.outcomes(tallies, rows, path),
        shapes=evidence_panels.shapes(tallies, path),
        own_writes=evidence_panels.own_writes(tallies, path),
        side_counts=evidence_panels.side_counts(tallies, path),
        charts=charts_of(rows, path),
        events=timeline(rows, path, evaluations),
        commands=tuple(next_steps(rows.situation_of(path))),
    )


def check_known(path: str) -> None:
    """Make sure that somebody knows a path.

    Raises:
        UnknownPath: nobody does.
    """
    if path not in registry.names() and not PathState.objects.filter(path=path).exists():
        raise UnknownPath(path)


def _family(path: str) -> str:
    return registry.get_path(path).family if path in registry.names() else "not declared any more"


def _standing(rows: Rows, path: str) -> Standing | None:
    change = rows.moves.get(path)
    if change is None:
        return None
    return Standing(
        since=formatting.age_of(change.at, rows.now),
        at=f"{timezone.localtime(change.at):%d %b %H:%M}",
        actor=change.actor,
        reason=change.reason,
        ticket=change.ticket,
        effect=effect_of(change, rows.workers, rows.now),
    )


def _epoch(rows: Rows, path: str) -> str:
    epoch = rows.epochs.get(path)
    if epoch is None:
        return "no epoch yet"
    opened = formatting.age_of(epoch.opened_at, rows.now)
    return f"epoch {epoch.number}, since {opened}: {epoch.why}"


def _evaluations(path: str) -> list[GateEvaluation]:
    return list(GateEvaluation.objects.filter(path=path).order_by("-at", "-pk")[:_TREND])


def _edge(rows: Rows, path: str, evaluations: Sequence[GateEvaluation]) -> Edge | None:
    above = rung_above(rung_of(rows.state_of(path)))
    if above is None:
        return None
    latest = rows.evaluations.get(path)
    earlier = [evaluation for evaluation in evaluations if evaluation.rung == above.name]
    gates = gate_rows(latest, earlier, rows.now)
    return Edge(
        rung=above.name,
        verdict=verdict_chip(latest.verdict.upper()) if latest else NOT_EVALUATED,
        age=formatting.age_of(latest.at, rows.now) if latest else "",
        profile=latest.profile if latest else "",
        passing=sum(not gate.holds_back for gate in gates),
        gates=gates,
    )
