"""Up the ladder: rung by rung, by a plan, on evidence, with a second person at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from monolith.strangler import registry
from monolith.strangler.counting import watches
from monolith.strangler.deciding import ladder
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates import gating
from monolith.strangler.operations.changing import PathFrozen, changing
from monolith.strangler.operations.planning import check_version, valid_plan
from monolith.strangler.operations.refusals import (
    AdvanceRefused,
    ApprovalNeeded,
    EvidenceMissing,
)
from monolith.strangler.state.audit import Who
from monolith.strangler.state.queries import hold_of

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.models import PathState, Plan, Transition

LEAST_REASON = 10


def advance(
    *,
    plan_id: int,
    actor: str,
    reason: str,
    at: datetime,
    via: str = "cli",
    ticket: str = "",
    expected_version: int | None = None,
) -> Transition:
    """Carry out a plan: in force everywhere within a second.

    Raises:
        PlanNotFound: the plan holds no longer.
        EvidenceMissing: a gate does not pass, or has not passed three times in a row.
        ApprovalNeeded: a second person has to approve it first.
        AdvanceRefused: the path is paused or killed, or the reason too short.
        PathFrozen: an alarm froze the path.
        StateChanged: the path's version is not `expected_version`, or it moved meanwhile.
    """
    if expected_version is not None:
        check_version(plan_id, expected_version)
    plan = valid_plan(plan_id, at)
    _check_reason(reason)
    evidence = _check_gates(plan, at)
    _check_approvals(plan)
    who = Who(actor=actor, reason=reason, at=at, via=via, ticket=ticket)
    wanted = plan.state_version if expected_version is None else expected_version
    with changing(plan.path, "advance", who, expected_version=wanted) as change:
        _check_hold(change.state, at)
        change.plan, change.evidence = plan, evidence
        change.approvals = [
            {"by": given.by, "reason": given.reason, "at": given.at.isoformat()}
            for given in plan.approvals.order_by("at")
        ]
        change.stand_on(ladder.rung_called(plan.rung))
        plan.executed_at = at
        plan.save(update_fields=["executed_at"])
    return change.made()


def place(*, path: str, rung: str, actor: str, reason: str, at: datetime) -> Transition:
    """Put a path of a local shop on a rung that it has not earned; refused anywhere else.

    A shop that is set up anew has no customers whom that could harm. The audit calls it "placed".

    Raises:
        PathNotDeclared, UnknownRung: there is no such path or rung.
        AdvanceRefused: this is no local shop.
    """
    if not settings.IS_LOCAL:
        raise AdvanceRefused("only a local shop can be set up on a rung: here it has to be earned")
    wanted = ladder.rung_called(rung)
    with changing(path, "placed", Who(actor=actor, reason=reason, at=at)) as change:
        change.stand_on(wanted)
    return change.made()


def stand_twin(*, path: str, rung: ladder.Rung, verify_bp: int, at: datetime) -> Transition:
    """Put a path's twin on a rung for a drill: no customer is ever answered by it.

    Raises:
        AdvanceRefused: it is no twin.
    """
    if registry.original_of(path) == path:
        raise AdvanceRefused(f"{path} is no twin: its rungs have to be earned")
    who = Who(actor="drill", actor_kind="schedule", reason="a drill begins", at=at)
    with changing(path, "drill", who) as change:
        change.stand_on(rung)
        change.state.verify_bp = verify_bp
        change.hold(Hold.NONE, who)
        # Whatever the drill before made them see is over.
        watches.begin_anew(path, at)
    return change.made()


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise AdvanceRefused(f"say why in at least {LEAST_REASON} characters: others will read it")


def _check_gates(plan: Plan, at: datetime) -> dict[str, object]:
    permission = gating.may_advance(plan.path, at=at, to=plan.rung)
    evaluated = permission.evaluated
    if not permission.is_given:
        complaint = f"{plan.path} may not climb to {plan.rung}: {'; '.join(permission.reasons)}"
        raise EvidenceMissing(complaint, evaluated.verdict)
    return {
        "evaluation": evaluated.id,
        "epoch": evaluated.epoch,
        "profile": evaluated.profile,
        "gates": {result.gate: result.verdict.value for result in evaluated.results},
    }


def _check_approvals(plan: Plan) -> None:
    needed = gating.current_profile().approvals_for(plan.rung)
    given = plan.approvals.filter(plan_digest=plan.digest).exclude(by=plan.requested_by).count()
    if given < needed:
        raise ApprovalNeeded(
            f"{plan.rung} needs {needed} approval(s) of other people, plan {plan.pk} has {given}: "
            f"`manage.py strangler approve {plan.pk} --reason ...`"
        )


def _check_hold(state: PathState, at: datetime) -> None:
    hold = hold_of(state, at=at)
    if hold is Hold.FROZEN:
        raise PathFrozen(state.path, state.hold_reason)
    if hold is Hold.PAUSED:
        raise AdvanceRefused(
            f"{state.path} is paused by {state.hold_by} ({state.hold_reason}): "
            f"`manage.py strangler resume {state.path} --reason ...`"
        )
    if state.is_killed:
        raise AdvanceRefused(f"{state.path} is killed: lift that first")
    if state.stage == Stage.RETIRED:
        raise AdvanceRefused(f"{state.path} is retired: nothing lies above it")
