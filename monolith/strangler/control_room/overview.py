"""The control room's first page: one line for each path, and what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.control_room import cells, formatting, rail
from monolith.strangler.control_room.attention import findings
from monolith.strangler.control_room.charts import Frame, sparkline
from monolith.strangler.control_room.figures import Chip, Figure
from monolith.strangler.control_room.fleet import fleet_of
from monolith.strangler.control_room.gate_rows import next_step
from monolith.strangler.control_room.holds import NO_HOLD, hold_chip
from monolith.strangler.control_room.rows import read_rows
from monolith.strangler.control_room.tallying import NOTHING_SEEN
from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.gates.outcomes import bad_of, judged_of
from monolith.strangler.state.controls import EVERYTHING
from monolith.strangler.state.queries import rung_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.safestring import SafeString

    from monolith.strangler.control_room.attention import Finding
    from monolith.strangler.control_room.fleet import Fleet
    from monolith.strangler.control_room.rail import Pip
    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.models import PathState


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A figure, and how it ran over the last day."""

    figure: Figure
    drawing: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLine:
    """One path on the overview."""

    path: str
    rung: str
    pips: tuple[Pip, ...]
    since: str
    wanted: Figure
    actual: Figure
    wrong: Run
    stale: Run
    fallback: Run
    service_ms: Figure
    monolith_ms: Figure
    lag: Figure
    verified: Figure
    verified_age: str
    is_verified: bool
    hold: Chip
    next: Chip
    urgency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the overview shows."""

    now: datetime
    lines: tuple[PathLine, ...]
    findings: tuple[Finding, ...]
    fleet: Fleet
    killed: PathState | None

    @property
    def verdicts(self) -> str:
        """Say each path's next step in words, to be spoken when it changes."""
        return "; ".join(f"{line.path}: {line.next.text}" for line in self.lines)


def build_overview(now: datetime) -> Overview:
    """Read and compute the overview, in a number of queries that does not depend on the paths."""
    rows = read_rows(now)
    found = findings(rows)
    urgency = {finding.path: finding.rank for finding in reversed(found)}
    lines = [path_line(rows, path, urgency.get(path, len(found))) for path in rows.paths]
    return Overview(
        now=now,
        lines=tuple(sorted(lines, key=lambda line: (line.urgency, -_height(line), line.path))),
        findings=found,
        fleet=fleet_of(rows.workers, rows.control_version, now),
        killed=rows.states[EVERYTHING] if rows.is_all_killed() else None,
    )


def path_line(rows: Rows, path: str, urgency: int = 0) -> PathLine:
    """Compute one path's line."""
    state = rows.state_of(path)
    service_ms, monolith_ms = cells.latency(rows, path)
    run = rows.reconciles.get(path)
    return PathLine(
        path=path,
        rung=rung_of(state).name,
        pips=rail.pips(rung_of(state)),
        since=formatting.age_of(state.changed_at, rows.now) if state.version else "",
        wanted=cells.set_share(state),
        actual=cells.actual_share(rows, path),
        wrong=_wrong(rows, path),
        stale=_stale(rows, path),
        fallback=_fallback(rows, path),
        service_ms=service_ms,
        monolith_ms=monolith_ms,
        lag=cells.lag(rows, path),
        verified=cells.verified(rows, path),
        verified_age=formatting.age_of(run.finished_at, rows.now) if run else "",
        is_verified=cells.is_verified_lately(rows, path),
        hold=hold_chip(rows, path),
        next=_next(rows, path),
        urgency=urgency,
    )


def _next(rows: Rows, path: str) -> Chip:
    backfill, hold = rows.backfills.get(path), hold_chip(rows, path)
    if backfill is not None and backfill.finished_at is None and backfill.keys_expected:
        done = formatting.percent(backfill.keys_done, backfill.keys_expected)
        return Chip(text=f"backfill {done}", tone="info", icon="info", detail=backfill.throttled_by)
    if hold != NO_HOLD and hold.tone == "bad":
        return Chip(text=f"held: {hold.text}", tone="bad", icon=hold.icon)
    if rung_of(rows.state_of(path)) == RUNGS[-1]:
        return Chip(text="retired", tone="good", icon="pass")
    return next_step(rows.evaluations.get(path), rows.now)


def _wrong(rows: Rows, path: str) -> Run:
    healed = rows.day.by_time(path, "recheck")
    values: dict[datetime, float | None] = {}
    for since, seen in rows.day.by_time(path, "compare").items():
        rechecked = healed.get(since, NOTHING_SEEN)
        n = judged_of(seen, rechecked)
        values[since] = bad_of(seen, rechecked) / n if n else None
    return _run(rows, path, "wrong", cells.wrong(rows, path), values)


def _stale(rows: Rows, path: str) -> Run:
    values = {
        since: cells.quantile_ms(seen, 0.99)
        for since, seen in rows.day.by_time(path, "staleness").items()
    }
    return _run(rows, path, "stale p99", cells.stale(rows, path), values)


def _fallback(rows: Rows, path: str) -> Run:
    values = {
        since: cells.fallback_share(seen)
        for since, seen in rows.day.by_time(path, "answer").items()
    }
    return _run(rows, path, "fallback", cells.fallback(rows, path), values)


def _run(
    rows: Rows, path: str, name: str, shown: Figure, values: dict[datetime, float | None]
) -> Run:
    frame = Frame(
        key=f"spark-{path}-{name.replace(' ', '-')}",
        title=f"{name} of {path}, hour by hour",
        description=f"the last 24 hours; now {shown.text}",
    )
    return Run(figure=shown, drawing=sparkline(frame, cells.run_of(values, rows.now)))


def _height(line: PathLine) -> int:
    return [rung.name for rung in RUNGS].index(line.rung)
