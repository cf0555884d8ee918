"""Moves a read path along its ladder. Every move says who and why; going back is always free."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from monolith.strangler.ladder import RUNGS, Dial, Rung, rung_at, rung_below, rung_called
from monolith.strangler.models import Approval, Epoch, PathState, Plan, Transition
from monolith.strangler.stages import Stage

if TYPE_CHECKING:
    from datetime import datetime

_LIFETIME = timedelta(hours=1)


class AdvanceRefused(Exception):
    """The path may not climb to this rung; the message says what is missing and what to do."""


class StateChanged(Exception):
    """Somebody else moved the path meanwhile."""

    def __init__(self, path: str, expected: int, version: int) -> None:
        super().__init__(f"{path} is at version {version} by now, not {expected}: look again")


class ReasonMissing(Exception):
    """A move without a reason tells nobody anything later."""

    def __init__(self) -> None:
        super().__init__("say why: the reason is kept in the audit")


class NothingToRollBack(Exception):
    """The monolith answers already."""


class ApprovalNeeded(Exception):
    """A second person has to say yes first, and nobody approves what they asked for."""


def plan(*, path: str, to_rung: str, actor: str, at: datetime) -> Plan:
    """Write down what an advance would change. Changes nothing."""
    state, epoch = _state(path, at), Epoch.objects.filter(path=path).order_by("-number").first()
    return Plan.objects.create(
        path=path,
        state_version=state.version,
        from_rung=_rung_of(state).name,
        rung=rung_called(to_rung).name,
        epoch=epoch.number if epoch else 0,
        fingerprint=epoch.fingerprint if epoch else "",
        profile="standard",
        digest=hashlib.sha256(f"{path}{to_rung}{at}".encode()).hexdigest(),
        requested_by=actor,
        created_at=at,
        expires_at=at + _LIFETIME,
    )


def approve(*, plan_id: int, actor: str, reason: str, at: datetime) -> Approval:
    """Say yes to somebody else's plan."""
    wanted = Plan.objects.get(pk=plan_id)
    if wanted.requested_by == actor:
        raise ApprovalNeeded(f"{actor} asked for this plan: somebody else approves it")
    return Approval.objects.create(
        plan=wanted, plan_digest=wanted.digest, by=actor, reason=reason, at=at
    )


@transaction.atomic
def advance(
    *,
    plan_id: int,
    actor: str,
    reason: str,
    at: datetime,
    via: str = "web",
    ticket: str = "",
    expected_version: int | None = None,
) -> Transition:
    """Carry a plan out."""
    wanted = Plan.objects.get(pk=plan_id)
    state = _state(wanted.path, at, expected_version)
    if wanted.executed_at:
        raise AdvanceRefused(f"plan {plan_id} was carried out already")
    wanted.executed_at = at
    wanted.save(update_fields=["executed_at"])
    rung = rung_called(wanted.rung)
    changes = _changes(rung)
    return _change(
        state, "move", changes, actor=actor, reason=reason, at=at, via=via, ticket=ticket
    )


@transaction.atomic
def roll_back(
    *,
    path: str,
    actor: str,
    reason: str,
    at: datetime,
    via: str = "web",
    to_rung: str | None = None,
    expected_version: int | None = None,
) -> Transition:
    """Go down, to the rung below or to the one named. Needs nobody's leave."""
    state = _state(path, at, expected_version)
    rung = rung_called(to_rung) if to_rung else rung_below(_rung_of(state))
    return _change(
        state, "roll-back", _changes(rung or RUNGS[0]), actor=actor, reason=reason, at=at, via=via
    )


@transaction.atomic
def pause(
    *, path: str, actor: str, reason: str, at: datetime, via: str = "web", until: datetime | None
) -> Transition:
    """Let nothing climb; reads go on as they are."""
    held = {"hold": "paused", "hold_by": actor, "hold_reason": reason, "hold_until": until}
    return _change(_state(path, at), "pause", held, actor=actor, reason=reason, at=at, via=via)


@transaction.atomic
def resume(*, path: str, actor: str, reason: str, at: datetime, via: str = "web") -> Transition:
    """Let it climb again."""
    held = {"hold": "", "hold_by": "", "hold_reason": "", "hold_until": None}
    return _change(_state(path, at), "resume", held, actor=actor, reason=reason, at=at, via=via)


@transaction.atomic
def kill(*, path: str, actor: str, reason: str, at: datetime, via: str = "web") -> Transition:
    """Let the monolith answer, of one path or of "all"."""
    killed = {"is_killed": True}
    return _change(_state(path, at), "kill", killed, actor=actor, reason=reason, at=at, via=via)


@transaction.atomic
def unkill(*, path: str, actor: str, reason: str, at: datetime, via: str = "web") -> Transition:
    """Take a kill back."""
    killed = {"is_killed": False}
    return _change(_state(path, at), "unkill", killed, actor=actor, reason=reason, at=at, via=via)


def _state(path: str, at: datetime, expected_version: int | None = None) -> PathState:
    PathState.objects.bulk_create([PathState(path=path, changed_at=at)], ignore_conflicts=True)
    state = PathState.objects.get(path=path)
    if expected_version is not None and state.version != expected_version:
        raise StateChanged(path, expected_version, state.version)
    return state


def _rung_of(state: PathState) -> Rung:
    dial = Dial(
        shadow_bp=state.shadow_bp,
        canary_bp=state.canary_bp,
        verify_bp=state.verify_bp,
        has_fallback=state.has_fallback,
    )
    return rung_at(Stage(state.stage), dial)


def _changes(rung: Rung) -> dict[str, Any]:
    return {"stage": rung.stage, **asdict(rung.dial)}


def _change(
    state: PathState,
    kind: str,
    changes: dict[str, Any],
    *,
    actor: str,
    reason: str,
    at: datetime,
    **rest: Any,
) -> Transition:
    if not reason.strip():
        raise ReasonMissing
    began, before = time.perf_counter(), state.stage
    for name, value in changes.items():
        setattr(state, name, value)
    state.version, state.changed_at = state.version + 1, at
    state.save()
    return Transition.objects.create(
        path=state.path,
        version=state.version,
        kind=kind,
        from_stage=before,
        to_stage=state.stage,
        actor=actor,
        reason=reason.strip(),
        at=at,
        took_microseconds=round((time.perf_counter() - began) * 1_000_000),
        **rest,
    )
