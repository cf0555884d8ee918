"""A path as the steps of the runbook see it: looked at once, then asked many things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler import operations
from monolith.strangler.gates import edges, evidence, gating
from monolith.strangler.models import Plan, TransitionEffect
from monolith.strangler.state import effects, queries
from monolith.strangler.watching import duties, watcher

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from monolith.strangler.gates.facts import Evidence
    from monolith.strangler.gates.profiles import Profile
    from monolith.strangler.gates.verdicts import GateResult
    from monolith.strangler.state.queries import PathStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that a step asks about. `results`: what the gates before `rung` say, by their ids.

    `plan` is the latest that still holds, `approvers` those who agreed to it.
    """

    at: datetime
    status: PathStatus
    rung: str
    profile: Profile
    evidence: Evidence
    results: Mapping[str, GateResult]
    passes: int
    plan: Plan | None
    approvers: frozenset[str]
    watcher: str | None
    is_in_force: bool

    @property
    def approvals_missing(self) -> int:
        """How many others still have to agree to the plan."""
        return max(0, self.profile.approvals_for(self.rung) - len(self.approvers))


def look(path: str, rung: str, *, at: datetime) -> Sight:
    """Look at a path on its way to a rung.

    Raises:
        PathNotDeclared: there is no such path.
    """
    profile = gating.current_profile()
    gathered = evidence.gather(path, at=at, profile=profile)
    waivers = gating.find_waivers(path, at=at)
    results = edges.judge(gathered, profile, at, rung=rung, waivers=waivers)
    plan = _plan(path, rung, at)
    status = queries.get_status(path)
    return Sight(
        at=at,
        status=status,
        rung=rung,
        profile=profile,
        evidence=gathered,
        results={result.gate: result for result in results},
        passes=gating.passes_in_a_row(path, rung, gathered.epoch, profile),
        plan=plan,
        approvers=_approvers(plan),
        watcher=duties.holder_of(watcher.DUTY, at=at),
        is_in_force=_is_in_force(status, at),
    )


def _plan(path: str, rung: str, at: datetime) -> Plan | None:
    latest = Plan.objects.filter(path=path, rung=rung, executed_at=None).order_by("-pk").first()
    if latest is None:
        return None
    try:
        return operations.valid_plan(latest.pk, at)
    except operations.PlanNotFound:
        return None


def _approvers(plan: Plan | None) -> frozenset[str]:
    if plan is None:
        return frozenset()
    given = plan.approvals.filter(plan_digest=plan.digest).exclude(by=plan.requested_by)
    return frozenset(given.values_list("by", flat=True))


def _is_in_force(status: PathStatus, at: datetime) -> bool:
    """Tell whether every process that routes reads serves by the latest change."""
    changed = status.last_transition
    if changed is None or not effects.live_workers(at):
        return True
    return TransitionEffect.objects.filter(transition=changed, is_complete=True).exists()
