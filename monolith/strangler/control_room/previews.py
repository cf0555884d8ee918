"""What a change would do, told before anybody does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler.control_room import formatting, rail
from monolith.strangler.control_room.gate_rows import blocking_words, gate_rows
from monolith.strangler.control_room.rows import read_rows
from monolith.strangler.deciding.ladder import RUNGS, WHOLE, rung_above, rung_called
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import GateEvaluation, ReadRecord
from monolith.strangler.reporting.next_steps import roll_back_command
from monolith.strangler.reporting.planned import changes
from monolith.strangler.state.queries import rung_of

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.control_room.gate_rows import GateRow
    from monolith.strangler.control_room.rail import Pip
    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.deciding.ladder import Rung
    from monolith.strangler.models import Approval, Plan
    from monolith.strangler.reporting.planned import Change

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What going to another rung would change, and what is known about whether that is wise."""

    path: str
    before: str
    after: str
    version: int
    pips: tuple[Pip, ...]
    changes: tuple[Change, ...]
    customers: str
    gates: tuple[GateRow, ...]
    gates_age: str
    refusal: str
    back: str
    drill: str
    must_type_name: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """A plan that was written down: who asked for it, who agreed, how long it holds."""

    id: int
    requested_by: str
    age: str
    left: str
    is_over: bool
    has_moved: bool
    digest: str
    profile: str
    approvals: tuple[str, ...]


def preview(path: str, to: str | None, now: datetime) -> Preview:
    """Tell what going to a rung would change; without one, to the next.

    Raises:
        UnknownRung: there is no such rung.
    """
    rows = read_rows(now, only=path)
    state = rows.state_of(path)
    here = rung_of(state)
    target = rung_called(to) if to else rung_above(here) or here
    evaluation = _evaluation(rows, path, target)
    return Preview(
        path=path,
        before=here.name,
        after=target.name,
        version=state.version,
        pips=rail.pips(here, target),
        changes=changes(here, target),
        customers=_customers(path, target, now),
        gates=gate_rows(evaluation, (), now),
        gates_age=formatting.age_of(evaluation.at, now) if evaluation else "",
        refusal=blocking_words(evaluation),
        back=roll_back_command(path),
        drill=_drill(rows, path),
        must_type_name=target.stage >= Stage.SERVICE,
    )


def rungs_above(here: str) -> tuple[str, ...]:
    """Return the names of the rungs above one."""
    names = [rung.name for rung in RUNGS]
    return tuple(names[names.index(here) + 1 :])


def rungs_below(here: str) -> tuple[str, ...]:
    """Return the names of the rungs below one, the nearest first."""
    names = [rung.name for rung in RUNGS]
    return tuple(reversed(names[: names.index(here)]))


def plan_facts(plan: Plan, version: int, now: datetime) -> PlanFacts:
    """Tell how a plan stands; `version` is that of the path's state by now."""
    return PlanFacts(
        id=plan.pk,
        requested_by=plan.requested_by,
        age=formatting.age_of(plan.created_at, now),
        left=formatting.until(plan.expires_at, now),
        is_over=plan.expires_at <= now or plan.executed_at is not None,
        has_moved=plan.state_version != version,
        digest=plan.digest[:12],
        profile=plan.profile,
        approvals=tuple(_approval(approval) for approval in plan.approvals.order_by("at")),
    )


def _approval(approval: Approval) -> str:
    return f"{approval.by}, {timezone.localtime(approval.at):%H:%M}: {approval.reason}"


def _customers(path: str, target: Rung, now: datetime) -> str:
    """Estimate whom it concerns, from those who were seen within a day."""
    seen = ReadRecord.objects.filter(path=path, at__gte=now - _DAY)
    total = seen.values("subject").distinct().count()
    if not total:
        return "no data: no read was recorded in the last 24 h"
    concerned = round(total * target.dial.canary_bp / WHOLE)
    return f"about {concerned:,} of {total:,} customers seen in the last 24 h"


def _evaluation(rows: Rows, path: str, target: Rung) -> GateEvaluation | None:
    evaluation = rows.evaluations.get(path)
    if evaluation is not None and evaluation.rung == target.name:
        return evaluation
    evaluations = GateEvaluation.objects.filter(path=path, rung=target.name)
    return evaluations.order_by("-at").first()


def _drill(rows: Rows, path: str) -> str:
    drill = rows.drills.get(path)
    if drill is None:
        return "no data: the way back was never rehearsed"
    outcome = "passed" if drill.has_passed else "not passed"
    age = formatting.age_of(drill.started_at, rows.now)
    return f"{drill.fault} {outcome}, {timezone.localtime(drill.started_at):%d %b %H:%M}, {age} ago"
