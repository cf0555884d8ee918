"""Plans, and who agrees to them: what an advance would change is written down before it is made."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from monolith.strangler import registry
from monolith.strangler.deciding import ladder
from monolith.strangler.gates import gating
from monolith.strangler.models import Approval, Plan, Waiver
from monolith.strangler.operations.changing import StateChanged
from monolith.strangler.operations.refusals import AdvanceRefused, PlanNotFound
from monolith.strangler.state import audit, epochs, queries
from monolith.strangler.state.audit import ReasonMissing, Who

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.state.queries import PathStatus

# What shows another customer's rows is never let pass.
NEVER_WAIVED = frozenset({"E2"})
LONGEST_WAIVER = timedelta(days=14)


def plan(*, path: str, actor: str, at: datetime, to_rung: str | None = None) -> Plan:
    """Write down the next step of a path. Changes nothing about it.

    Raises:
        PathNotDeclared: there is no such path.
        UnknownRung: no rung has this name.
        AdvanceRefused: the rung is not the next one up.
    """
    registry.get_path(path)
    status = queries.get_status(path)
    rung = _next_rung(status, to_rung)
    epoch = epochs.renew(path, at=at)
    profile = gating.current_profile()
    made = Plan(
        path=path,
        state_version=status.version,
        from_rung=status.rung.name,
        rung=rung.name,
        epoch=epoch.number,
        fingerprint=epoch.fingerprint,
        profile=profile.name,
        requested_by=actor,
        created_at=at,
        expires_at=at + profile.plan_expiry,
    )
    made.digest = digest_of(made)
    made.save()
    return made


def digest_of(plan: Plan) -> str:
    """Return the digest of what a plan says: an approval is of that, and of nothing else."""
    said = [
        plan.path,
        plan.state_version,
        plan.from_rung,
        plan.rung,
        plan.epoch,
        plan.fingerprint,
        plan.profile,
        plan.requested_by,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def approve(*, plan_id: int, actor: str, reason: str, at: datetime) -> Approval:
    """Agree to somebody else's plan, as it stands.

    Raises:
        PlanNotFound: there is none, or it holds no longer.
        AdvanceRefused: it is one's own.
        ReasonMissing: the reason is blank.
    """
    if not reason.strip():
        raise ReasonMissing
    asked = valid_plan(plan_id, at)
    if asked.requested_by == actor:
        raise AdvanceRefused(f"plan {plan_id} is {actor}'s own: a second person has to approve it")
    given, _ = Approval.objects.get_or_create(
        plan=asked,
        by=actor,
        defaults={"plan_digest": asked.digest, "reason": reason.strip(), "at": at},
    )
    return given


def valid_plan(plan_id: int, at: datetime) -> Plan:
    """Return a plan that still holds.

    Raises:
        PlanNotFound: there is none, it was carried out, it expired, the path has moved, or what its
            evidence depends on has changed.
    """
    found = Plan.objects.filter(pk=plan_id).first()
    if found is None:
        raise PlanNotFound(f"there is no plan {plan_id}")
    if complaint := _complaint(found, at):
        again = f"`manage.py strangler plan {found.path} --to {found.rung}` makes a new one"
        raise PlanNotFound(f"plan {plan_id} {complaint}: {again}")
    return found


def check_version(plan_id: int, expected: int) -> None:
    """Check that a plan's path has not changed since somebody looked: who changed it, is told then.

    Raises:
        StateChanged: it has.
    """
    for path in Plan.objects.filter(pk=plan_id).values_list("path", flat=True):
        version = queries.get_status(path).version
        if version != expected:
            raise StateChanged(path, expected, version)


@transaction.atomic
def waive(
    *, path: str, gate: str, requested_by: str, approved_by: str, reason: str, at: datetime,
    lasts: timedelta, via: str = "cli",
) -> Waiver:  # fmt: skip
    """Let a gate pass for a while, by two people; the audit keeps it.

    Raises:
        PathNotDeclared: there is no such path.
        AdvanceRefused: the gate is never waived, or not for so long, or not by one person.
        ReasonMissing: the reason is blank.
    """
    registry.get_path(path)
    if not reason.strip():
        raise ReasonMissing
    if gate in NEVER_WAIVED:
        raise AdvanceRefused(f"gate {gate} can never be waived: it guards customers from leaks")
    if requested_by == approved_by:
        raise AdvanceRefused("a waiver takes two people")
    if not timedelta() < lasts <= LONGEST_WAIVER:
        raise AdvanceRefused(f"a waiver lasts at most {LONGEST_WAIVER.days} days, not {lasts}")
    waiver = Waiver.objects.create(
        path=path,
        gate=gate,
        reason=reason.strip(),
        requested_by=requested_by,
        approved_by=approved_by,
        at=at,
        expires_at=at + lasts,
    )
    who = Who(actor=requested_by, reason=reason, at=at, via=via)
    audit.note(path, audit.WAIVER, who, after=audit.waiver_facts(waiver))
    return waiver


def _next_rung(status: PathStatus, to_rung: str | None) -> ladder.Rung:
    above = ladder.rung_above(status.rung)
    if above is None:
        raise AdvanceRefused(f"{status.path} is at {status.rung}: nothing lies above it")
    if to_rung is None or to_rung == above.name:
        return above
    wanted = ladder.rung_called(to_rung)
    if ladder.RUNGS.index(wanted) <= ladder.RUNGS.index(status.rung):
        raise AdvanceRefused(f"{status.path} is at {status.rung} already; to go down, roll back")
    raise AdvanceRefused(
        f"{status.path} is at {status.rung}: the next rung is {above}, not {wanted}"
    )


def _complaint(plan: Plan, at: datetime) -> str:
    if plan.executed_at is not None:
        return "was carried out"
    if plan.expires_at <= at:
        return "has expired"
    if queries.get_status(plan.path).version != plan.state_version:
        return "was made before the path changed"
    if epochs.renew(plan.path, at=at).fingerprint != plan.fingerprint:
        return "was made before what its evidence depends on changed"
    return ""
