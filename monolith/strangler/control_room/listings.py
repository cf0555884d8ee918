"""Lists across all paths: rules, drills, plans that wait, and why a read was answered as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler.control_room import formatting, tables
from monolith.strangler.control_room.figures import Chip
from monolith.strangler.control_room.tallying import read_tallies
from monolith.strangler.models import Approval, Drill, NormaliseRule, ReadRecord, Waiver
from monolith.strangler.routing import explaining
from monolith.strangler.state import queries

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from monolith.strangler.models import Plan

_MOST = 200
_SOON, _DAY = timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One difference that is agreed not to matter, and how often it did."""

    pk: int
    path: str
    name: str
    place: str
    how: str
    owner: str
    reason: str
    ends: Chip
    until: str
    hits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillLine:
    """One rehearsal of a fault and of the way back."""

    path: str
    fault: str
    at: str
    age: str
    outcome: Chip
    comparisons: str
    detected: str
    rolled_back: str
    effective: str
    alarm: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One plan that waits to be carried out."""

    id: int
    path: str
    rung: str
    before: str
    requested_by: str
    waits: str
    left: str
    approvals: str
    is_own: bool
    has_approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """Plans that wait, approvals given of late, and waivers in force."""

    plans: tuple[PlanLine, ...]
    given: tuple[Approval, ...]
    waivers: tuple[Waiver, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule of the decision, and what it said."""

    rule: str
    said: str
    has_spoken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How one read is decided, or was."""

    title: str
    outcome: str
    steps: tuple[Step, ...]
    facts: tuple[tuple[str, str], ...]


def list_rules(now: datetime) -> tuple[RuleLine, ...]:
    """List all rules, those that end soonest first."""
    rules = list(NormaliseRule.objects.order_by("expires_at", "pk")[:_MOST])
    paths = sorted({rule.path for rule in rules})
    hits = read_tallies(
        paths=paths, series=["rule"], since=now - _DAY, now=now, step=_DAY, epochs={}
    )
    return tuple(_rule(rule, hits.seen(rule.path, "rule").of(rule.name), now) for rule in rules)


def list_drills(now: datetime) -> tuple[DrillLine, ...]:
    """List the drills, the latest first."""
    return tuple(_drill(drill, now) for drill in Drill.objects.order_by("-started_at")[:_MOST])


def list_approvals(user: str, now: datetime) -> Approvals:
    """List what waits for a second person, and what was said of late."""
    given = Approval.objects.select_related("plan").order_by("-at")[:20]
    waivers = Waiver.objects.filter(expires_at__gt=now).order_by("expires_at")
    return Approvals(
        plans=tuple(_plan(plan, user, now) for plan in queries.pending_plans(now)),
        given=tuple(given),
        waivers=tuple(waivers),
    )


def explain_subject(path: str, subject: str, now: datetime) -> Trace:
    """Tell how a read about somebody would be decided now."""
    explanation = explaining.explain(path=path, subject=subject, at=now)
    said = [(step.rule, str(step.said) if step.said else "") for step in explanation.steps]
    steps = tuple(
        Step(rule=rule, said=said or "nothing to say", has_spoken=bool(said)) for rule, said in said
    )
    return Trace(
        title=f"{path}, about {subject}, now",
        outcome=next((step.said for step in steps if step.has_spoken), "no rule spoke"),
        steps=steps,
        facts=tuple(
            (str(key), tables.text_of(value)) for key, value in dict(explanation.facts).items()
        ),
    )


def find_reads(*, request_id: str = "", path: str = "", subject: str = "") -> tuple[Trace, ...]:
    """Tell how recorded reads were decided: those of a request, or the latest about somebody."""
    records = ReadRecord.objects.all()
    records = (
        records.filter(request_id=request_id)
        if request_id
        else records.filter(path=path, subject=subject)
    )
    return tuple(_recorded(record) for record in _latest(records))


def _latest(records: QuerySet[ReadRecord]) -> QuerySet[ReadRecord]:
    return records.order_by("-at", "-pk")[:20]


def _recorded(record: ReadRecord) -> Trace:
    at = timezone.localtime(record.at)
    facts = record.facts if isinstance(record.facts, dict) else {"facts": record.facts}
    return Trace(
        title=f"{record.path}, about {record.subject}, {at:%d %b %H:%M:%S}",
        outcome=(
            f"{record.source}, because {record.reason}; as of version {record.as_of},"
            f" {formatting.milliseconds(record.milliseconds)}"
        ),
        steps=(),
        facts=tuple((str(key), tables.text_of(value)) for key, value in facts.items()),
    )


def _rule(rule: NormaliseRule, hits: int, now: datetime) -> RuleLine:
    return RuleLine(
        pk=rule.pk,
        path=rule.path,
        name=rule.name,
        place=rule.place,
        how=rule.how,
        owner=rule.owner,
        reason=rule.reason,
        ends=_ends(rule, now),
        until=f"{timezone.localtime(rule.expires_at):%d %b %Y}",
        hits=formatting.whole(hits) if hits else "none",
    )


def _ends(rule: NormaliseRule, now: datetime) -> Chip:
    text = formatting.until(rule.expires_at, now)
    if rule.expires_at <= now:
        return Chip(text=text, tone="bad", icon="fail")
    if rule.expires_at - now < _SOON:
        return Chip(text=text, tone="warn", icon="warn")
    return Chip(text=text, tone="good", icon="pass")


def _drill(drill: Drill, now: datetime) -> DrillLine:
    return DrillLine(
        path=drill.path,
        fault=drill.fault,
        at=f"{timezone.localtime(drill.started_at):%d %b %H:%M}",
        age=formatting.age_of(drill.started_at, now),
        outcome=Chip(text="passed", tone="good", icon="pass")
        if drill.has_passed
        else Chip(text="not passed", tone="bad", icon="fail"),
        comparisons=formatting.whole(drill.comparisons),
        detected=_seconds(drill.detected_seconds),
        rolled_back=_seconds(drill.rolled_back_seconds),
        effective=_seconds(drill.effective_seconds),
        alarm=drill.alarm,
        by=drill.by,
    )


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else formatting.milliseconds(seconds * 1_000)


def _plan(plan: Plan, user: str, now: datetime) -> PlanLine:
    approvers = [approval.by for approval in plan.approvals.all()]
    return PlanLine(
        id=plan.pk,
        path=plan.path,
        rung=plan.rung,
        before=plan.from_rung,
        requested_by=plan.requested_by,
        waits=formatting.age_of(plan.created_at, now),
        left=formatting.until(plan.expires_at, now),
        approvals=", ".join(approvers) or "none yet",
        is_own=plan.requested_by == user,
        has_approved=user in approvers,
    )
