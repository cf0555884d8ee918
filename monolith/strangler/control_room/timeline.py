"""What happened to a path, the latest first: changes, verdicts, drills, rules and the like."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from monolith.strangler.control_room import formatting
from monolith.strangler.control_room.fleet import effect_of
from monolith.strangler.control_room.gate_rows import verdict_chip
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import (
    Approval,
    Drill,
    Epoch,
    GateEvaluation,
    NormaliseRule,
    Reveal,
    Transition,
    Waiver,
)
from monolith.strangler.registry import TWIN
from monolith.strangler.state.controls import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from monolith.strangler.control_room.rows import Rows

_MOST = 40
_OF_EACH = 20
_TONES = {"kill": "bad", "roll-back": "warn", "rollback": "warn", "pause": "warn", "freeze": "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `who` is empty for what happened by itself."""

    at: datetime
    when: str
    kind: str
    text: str
    who: str = ""
    why: str = ""
    detail: str = ""
    tone: str = "soft"
    href: str = ""


def timeline(rows: Rows, path: str, evaluations: Sequence[GateEvaluation]) -> tuple[Event, ...]:
    """Return what happened to a path of late."""
    happened = chain(
        _transitions(rows, path),
        _verdicts(evaluations),
        _drills(path),
        _rules(rows, path),
        _approvals(path),
        _epochs(path),
        _waivers(path),
        _reveals(path),
    )
    return tuple(sorted(happened, key=lambda event: event.at, reverse=True)[:_MOST])


def _event(at: datetime, kind: str, text: str, **rest: str) -> Event:
    local = timezone.localtime(at)
    return Event(at=at, when=f"{local:%d %b %H:%M:%S}", kind=kind, text=text, **rest)


def _transitions(rows: Rows, path: str) -> Iterator[Event]:
    changes = Transition.objects.filter(path__in=[path, EVERYTHING]).select_related("effect")
    for change in changes.order_by("-at", "-pk")[:_OF_EACH]:
        yield _event(
            change.at,
            change.kind,
            told(change),
            who=f"{change.actor} ({change.actor_kind}, {change.via})",
            why=change.reason,
            detail=effect_of(change, rows.workers, rows.now) if _is_measured(change, rows) else "",
            tone=_TONES.get(change.kind, "good"),
            href=change.ticket if change.ticket.startswith("https://") else "",
        )


def told(change: Transition) -> str:
    """Say what a change did, in rungs where it names them."""
    if change.version is None:
        return change.noted
    before, after = (side.get("rung", "") for side in (change.before, change.after))
    if not (before and after):
        before, after = Stage(change.from_stage).label, Stage(change.to_stage).label
    where = f"{before} → {after}" if before != after else f"at {after}"
    of_all = "everything, " if change.path == EVERYTHING else ""
    return f"{of_all}{where}"


def _is_measured(change: Transition, rows: Rows) -> bool:
    # What the processes serve by now says nothing about older changes.
    return hasattr(change, "effect") or change.pk == rows.control_version


def _verdicts(evaluations: Sequence[GateEvaluation]) -> Iterator[Event]:
    """Tell only when the verdict changed: it is given every few minutes."""
    for newer, older in zip_longest(evaluations, evaluations[1:]):
        if older is None or newer.verdict != older.verdict or newer.rung != older.rung:
            chip = verdict_chip(newer.verdict.upper())
            text = f"{newer.verdict.upper()} for {newer.rung} ({newer.profile})"
            yield _event(newer.at, "gates", text, tone=chip.tone)


def _drills(path: str) -> Iterator[Event]:
    drills = Drill.objects.filter(path__in=[path, path + TWIN]).order_by("-started_at")
    for drill in drills[:_OF_EACH]:
        text = f"{drill.fault}: {'passed' if drill.has_passed else 'not passed'}"
        tone = "good" if drill.has_passed else "bad"
        found = _seconds("found", drill.detected_seconds)
        back = _seconds("rolled back", drill.rolled_back_seconds)
        detail = f"{found}, {back}"
        yield _event(
            drill.started_at, "drill", text, who=drill.by, detail=detail, tone=tone,
            href=reverse("control_room:drills"),
        )  # fmt: skip


def _rules(rows: Rows, path: str) -> Iterator[Event]:
    rules = NormaliseRule.objects.filter(path=path).order_by("-created_at")
    for rule in rules[:_OF_EACH]:
        text = f"{rule.name} at {rule.place}, {formatting.until(rule.expires_at, rows.now)}"
        href = reverse("control_room:rules")
        yield _event(rule.created_at, "rule", text, who=rule.owner, why=rule.reason, href=href)


def _approvals(path: str) -> Iterator[Event]:
    approvals = Approval.objects.filter(plan__path=path).select_related("plan").order_by("-at")
    for approval in approvals[:_OF_EACH]:
        text = f"plan {approval.plan.pk} to {approval.plan.rung}"
        href = reverse("control_room:plan", args=[path, approval.plan.pk])
        yield _event(
            approval.at,
            "approval",
            text,
            who=approval.by,
            why=approval.reason,
            tone="info",
            href=href,
        )


def _epochs(path: str) -> Iterator[Event]:
    for epoch in Epoch.objects.filter(path=path).order_by("-number")[:_OF_EACH]:
        text = f"evidence starts anew: epoch {epoch.number}"
        yield _event(epoch.opened_at, "epoch", text, why=epoch.why, tone="info")


def _waivers(path: str) -> Iterator[Event]:
    for waiver in Waiver.objects.filter(path=path).order_by("-at")[:_OF_EACH]:
        who = f"{waiver.requested_by}, approved by {waiver.approved_by}"
        yield _event(
            waiver.at, "waiver", f"gate {waiver.gate}", who=who, why=waiver.reason, tone="warn"
        )


def _reveals(path: str) -> Iterator[Event]:
    for reveal in Reveal.objects.filter(path=path).order_by("-at")[:_OF_EACH]:
        text = f"sample {reveal.sample} of {reveal.signature}"
        yield _event(reveal.at, "reveal", text, who=reveal.by, why=reveal.reason, tone="warn")


def _seconds(word: str, seconds: float | None) -> str:
    return (
        f"not {word}" if seconds is None else f"{word} in {formatting.milliseconds(seconds * 1000)}"
    )
