"""What the steps of the runbook ask of a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import RUNGS, rung_called
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates.outcomes import bad_of, judged_of
from monolith.strangler.gates.profiles import RESTORE
from monolith.strangler.gates.watching import drilled_point
from monolith.strangler.runbook.steps import Condition, Found

if TYPE_CHECKING:
    from monolith.strangler.runbook.sight import Sight


def gates_pass(*gates: str) -> Condition:
    """Return that some gates, of those before the rung, let the path pass."""

    def look(sight: Sight) -> Found:
        asked = [sight.results[gate] for gate in gates if gate in sight.results]
        return Found(
            is_so=all(result.verdict.lets_pass for result in asked),
            told="; ".join(f"{each.gate} {each.verdict.upper()}: {each.now}" for each in asked),
        )

    words = " and ".join(f"gate {gate}" for gate in gates)
    return Condition(words=f"{words} passed", look=look)


def stands_on(rung: str) -> Condition:
    """Return that the path has climbed to a rung, or beyond."""

    def look(sight: Sight) -> Found:
        stands = RUNGS.index(sight.status.rung) >= RUNGS.index(rung_called(rung))
        return Found(is_so=stands, told=f"the path stands on {sight.status.rung}")

    return Condition(words="`status` says that it stands on the rung", look=look)


def _nothing_holds(sight: Sight) -> Found:
    status = sight.status
    if status.is_killed:
        return Found(is_so=False, told="the path is killed: `unkill` once that is over")
    if status.hold is not Hold.NONE:
        said = f"{status.hold} by {status.hold_by}: {status.hold_reason}"
        return Found(is_so=False, told=said)
    return Found(is_so=True, told="nothing holds it")


def _service_is_deployed(sight: Sight) -> Found:
    has_address = sight.status.has_address
    return Found(is_so=has_address, told="it has an address" if has_address else "no address")


def _somebody_watches(sight: Sight) -> Found:
    return Found(is_so=sight.watcher is not None, told=f"watched by {sight.watcher or 'nobody'}")


def _plan_holds(sight: Sight) -> Found:
    if sight.plan is None:
        return Found(is_so=False, told="no plan that holds")
    return Found(is_so=True, told=f"plan {sight.plan.pk} by {sight.plan.requested_by}")


def _is_approved(sight: Sight) -> Found:
    missing = sight.approvals_missing
    told = f"approved by {', '.join(sorted(sight.approvers)) or 'nobody'}, {missing} missing"
    return Found(is_so=missing == 0, told=told)


def _gates_passed_in_a_row(sight: Sight) -> Found:
    asked = [result for result in sight.results.values() if not result.is_dry_run]
    objections = [
        f"{each.gate} {each.name} {each.verdict.upper()}: {each.needs or each.now}"
        for each in asked
        if not each.verdict.lets_pass
    ]
    passes, wanted = sight.passes, sight.profile.passes
    told = "; ".join(objections) or f"passed {passes} of {wanted} times in a row"
    return Found(is_so=not objections and passes >= wanted, told=told)


def _nothing_is_unexplained(sight: Sight) -> Found:
    count = sight.evidence.open_signatures
    return Found(is_so=count == 0, told=f"{count} signatures open")


def is_restored(sight: Sight) -> Found:
    """Tell whether it was rehearsed that the monolith answers again."""
    found = drilled_point(sight.evidence, RESTORE, sight.profile, sight.at)
    return Found(is_so=found.verdict.lets_pass, told=found.now)


def _is_seen_to_work(sight: Sight) -> Found:
    if not sight.is_in_force:
        return Found(is_so=False, told="not every process serves by it yet")
    if sight.status.stage < Stage.SHADOW:
        return Found(is_so=True, told="every process serves by it")
    return _compares(sight) if sight.status.stage is Stage.SHADOW else _serves(sight)


def _compares(sight: Sight) -> Found:
    compared, rechecked = sight.evidence.compared_in_epoch, sight.evidence.rechecked
    judged, bad = judged_of(compared, rechecked), bad_of(compared, rechecked)
    return Found(is_so=judged > 0 and not bad, told=f"{judged} answers compared, {bad} wrong")


def _serves(sight: Sight) -> Found:
    answers = sight.evidence.answers
    served, fell = answers.starting("service:"), answers.starting("monolith:fallback:")
    told = f"{served} of {answers.total} reads answered by the service, {fell} fell back"
    return Found(is_so=served > fell, told=told)


NOTHING_HOLDS = Condition(words="not paused, frozen or killed", look=_nothing_holds)
SERVICE_IS_DEPLOYED = Condition(words="`status` shows no `no address`", look=_service_is_deployed)
SOMEBODY_WATCHES = Condition(words="a process holds the watch", look=_somebody_watches)
PLAN_HOLDS = Condition(words="a plan that still holds", look=_plan_holds)
IS_APPROVED = Condition(words="enough others agreed to the plan", look=_is_approved)
GATES_PASSED_IN_A_ROW = Condition(
    words="every gate passed, three times in a row", look=_gates_passed_in_a_row
)
NOTHING_IS_UNEXPLAINED = Condition(words="no signature is open", look=_nothing_is_unexplained)
IS_SEEN_TO_WORK = Condition(
    words="every process serves by it; answers are compared, or the service's shown",
    look=_is_seen_to_work,
)
