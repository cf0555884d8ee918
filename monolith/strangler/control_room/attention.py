"""What needs somebody's eye, the worst first. Each finding is one sentence and leads somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from django.urls import reverse

from monolith.strangler.control_room import cells, formatting
from monolith.strangler.control_room.fleet import fleet_of
from monolith.strangler.control_room.gate_rows import blocking_words
from monolith.strangler.control_room.holds import hold_chip
from monolith.strangler.deciding.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.models import Signature

_BEAT_LOST = timedelta(seconds=30)
_STUCK = timedelta(minutes=5)
_SOON = timedelta(days=7)
_SEVERE = {"leak", "extra"}
_ICONS = {"bad": "fail", "warn": "warn", "info": "info"}
_RANKS = {"bad": 0, "warn": 1, "info": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at. `tone`: bad, warn or info."""

    tone: str
    text: str
    href: str
    path: str = ""

    @property
    def icon(self) -> str:
        """Return the icon that says the same as the tone."""
        return _ICONS[self.tone]

    @property
    def rank(self) -> int:
        """Return how urgent it is; 0 is most."""
        return _RANKS[self.tone]


def findings(rows: Rows) -> tuple[Finding, ...]:
    """List what needs attention, the worst first, then by path."""
    looked = chain(
        _of_everything(rows), *(_of_path(rows, path) for path in rows.paths), _of_plans(rows)
    )
    return tuple(sorted(looked, key=lambda finding: (finding.rank, finding.path)))


def _of_everything(rows: Rows) -> Iterator[Finding]:
    if rows.is_all_killed():
        href = reverse("control_room:unkill-all")
        yield Finding(tone="bad", text="everything is killed: the monolith answers all", href=href)
    fleet = fleet_of(rows.workers, rows.control_version, rows.now)
    if not fleet.is_converged and fleet.workers:
        behind = fleet.workers - fleet.serving
        text = f"{formatting.several(behind, 'worker')} of {fleet.workers} serve by an older state"
        yield Finding(tone="warn", text=text, href=reverse("control_room:audit"))


def _of_path(rows: Rows, path: str) -> Iterator[Finding]:
    yield from _of_hold(rows, path)
    yield from _of_alarms(rows, path)
    yield from _of_signatures(rows, path)
    yield from _of_gates(rows, path)
    yield from _of_filling(rows, path)
    yield from _of_rules(rows, path)
    yield from _of_drills(rows, path)


def _of_hold(rows: Rows, path: str) -> Iterator[Finding]:
    chip, href = hold_chip(rows, path), _page(path)
    if chip.icon == "kill" and not rows.is_all_killed():
        yield Finding(tone="bad", text=f"killed: {chip.detail}", href=href, path=path)
    elif chip.icon == "frozen":
        yield Finding(tone="bad", text=f"frozen {chip.detail}", href=href, path=path)
    elif chip.icon == "pause":
        yield Finding(tone="info", text=f"paused {chip.detail}", href=href, path=path)


def _of_alarms(rows: Rows, path: str) -> Iterator[Finding]:
    for watch in rows.watches:
        if watch.path == path and watch.alarmed_at:
            age = formatting.age_of(watch.alarmed_at, rows.now)
            text = f"the watch of {watch.name} raised an alarm {age} ago"
            yield Finding(tone="bad", text=text, href=_page(path), path=path)
    beat = rows.beats.get(path)
    if beat and beat.seen_sent_at and rows.now - beat.seen_sent_at > _BEAT_LOST:
        text = f"no heartbeat for {formatting.age_of(beat.seen_sent_at, rows.now)}"
        yield Finding(tone="bad", text=text, href=_page(path), path=path)


def _of_signatures(rows: Rows, path: str) -> Iterator[Finding]:
    signatures = [signature for signature in rows.signatures if signature.path == path]
    if not signatures:
        return
    kinds = sorted({signature.outcome for signature in signatures})
    said = formatting.several(len(signatures), "open signature")
    users = formatting.several(len(_subjects(signatures)), "user")
    yield Finding(
        tone="bad" if _SEVERE.intersection(kinds) else "warn",
        text=f"{said} ({', '.join(kinds)}), {users}",
        href=reverse("control_room:mismatches", args=[path]),
        path=path,
    )


def _of_gates(rows: Rows, path: str) -> Iterator[Finding]:
    evaluation = rows.evaluations.get(path)
    if evaluation is not None and evaluation.verdict.upper() == "FAIL":
        text = f"not ready for {evaluation.rung}: {blocking_words(evaluation)}"
        yield Finding(tone="warn", text=text, href=_page(path), path=path)


def _of_filling(rows: Rows, path: str) -> Iterator[Finding]:
    run = rows.backfills.get(path)
    page = reverse("control_room:backfill", args=[path])
    if run is not None and run.finished_at is None:
        if run.throttled_by:
            text = f"backfill waits: {run.throttled_by}"
            yield Finding(tone="info", text=text, href=page, path=path)
        elif not run.paused_by and run.active_at and rows.now - run.active_at > _STUCK:
            text = f"backfill is stuck: nothing for {formatting.age_of(run.active_at, rows.now)}"
            yield Finding(tone="warn", text=text, href=page, path=path)
    is_moving = Stage.SHADOW <= rows.state_of(path).stage < Stage.RETIRED
    if is_moving and not cells.is_verified_lately(rows, path):
        page = reverse("control_room:reconcile", args=[path])
        text = "not reconciled in the last 24 h"
        yield Finding(tone="warn", text=text, href=page, path=path)


def _of_rules(rows: Rows, path: str) -> Iterator[Finding]:
    ending = [r for r in rows.rules if r.path == path and r.expires_at - rows.now < _SOON]
    if not ending:
        return
    has_ended = ending[0].expires_at <= rows.now
    ends = formatting.until(ending[0].expires_at, rows.now)
    text = f"rule {ending[0].name} has ended" if has_ended else f"rule {ending[0].name}: {ends}"
    tone = "warn" if has_ended else "info"
    yield Finding(tone=tone, text=text, href=reverse("control_room:rules"), path=path)


def _of_drills(rows: Rows, path: str) -> Iterator[Finding]:
    drill = rows.drills.get(path)
    if drill is not None and not drill.has_passed:
        text = f"the last drill ({drill.fault}) was not passed"
        yield Finding(tone="warn", text=text, href=reverse("control_room:drills"), path=path)


def _of_plans(rows: Rows) -> Iterator[Finding]:
    for plan in rows.plans:
        if not plan.approvals.all():
            waits = formatting.age_of(plan.created_at, rows.now)
            left = formatting.until(plan.expires_at, rows.now)
            text = f"plan {plan.pk} to {plan.rung} waits for approval since {waits} ({left})"
            href = reverse("control_room:plan", args=[plan.path, plan.pk])
            yield Finding(tone="info", text=text, href=href, path=plan.path)


def _subjects(signatures: list[Signature]) -> set[str]:
    return {str(subject) for signature in signatures for subject in signature.subjects}


def _page(path: str) -> str:
    return reverse("control_room:path", args=[path])
