"""What to type next for a path: the way up first, the way back last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import rung_above
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates import gating
from monolith.strangler.gates.verdicts import Verdict
from monolith.strangler.models import PathState
from monolith.strangler.state import queries
from monolith.strangler.state.controls import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from monolith.strangler.deciding.ladder import Rung
    from monolith.strangler.models import GateEvaluation, Plan
    from monolith.strangler.state.queries import PathStatus

MANAGE = "manage.py strangler"
WHY = "--reason ..."
_PASSING = frozenset({Verdict.PASS, Verdict.WAIVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the next steps of a path depend on.

    `killed` names those whose rows say so: the path, or everything. `plans` can still be carried
    out. `evaluation` is what the gates before the next rung said last.
    """

    path: str
    rung: Rung
    hold: Hold
    killed: frozenset[str]
    is_filled: bool
    plans: Sequence[Plan]
    evaluation: GateEvaluation | None


def situation_of(status: PathStatus, *, at: datetime) -> Situation:
    """Look up what the next steps of a path depend on."""
    path, above = status.path, rung_above(status.rung)
    killed = PathState.objects.filter(path__in=[path, EVERYTHING], is_killed=True)
    return Situation(
        path=path,
        rung=status.rung,
        hold=status.hold,
        killed=frozenset(killed.values_list("path", flat=True)),
        is_filled=status.backfill is not None and status.backfill.finished_at is not None,
        plans=list(queries.pending_plans(at).filter(path=path)),
        evaluation=gating.find_latest(path, above.name) if above else None,
    )


def next_steps(situation: Situation) -> list[str]:
    """List the commands that lead on from here."""
    climbing = () if situation.hold is Hold.FROZEN else _climbing(situation)
    return [*_lifting(situation), *climbing, *_back(situation)]


def roll_back_command(path: str) -> str:
    """Return the one command that leads back."""
    return f"{MANAGE} rollback {path} {WHY}"


def _lifting(situation: Situation) -> Iterator[str]:
    path = situation.path
    if EVERYTHING in situation.killed:
        yield f"{MANAGE} unkill --all {WHY}"
    if path in situation.killed:
        yield f"{MANAGE} unkill {path} {WHY}"
    if situation.hold is Hold.FROZEN:
        yield f"{MANAGE} mismatches {path}"
        yield f"{MANAGE} lift {path} {WHY}"
    elif situation.hold is Hold.PAUSED:
        yield f"{MANAGE} resume {path} {WHY}"


def _climbing(situation: Situation) -> Iterator[str]:
    path, above = situation.path, rung_above(situation.rung)
    if above is None:
        yield f"{MANAGE} retirement {path}"
        return
    if situation.rung.stage is Stage.BACKFILL and not situation.is_filled:
        yield f"{MANAGE} backfill {path}"
    for plan in situation.plans:
        if not plan.approvals.all():
            yield f"{MANAGE} approve {plan.pk} {WHY}"
        yield f"{MANAGE} advance {path} --plan {plan.pk} {WHY}"
    yield from _evidence(situation)
    if not situation.plans:
        yield f"{MANAGE} plan {path} --to {above}"


def _evidence(situation: Situation) -> Iterator[str]:
    evaluation = situation.evaluation
    blocking = [] if evaluation is None else [each["gate"] for each in _blocking(evaluation)]
    if blocking or evaluation is None:
        yield f"{MANAGE} gates {situation.path}"
    if any(gate.startswith("E4") for gate in blocking):
        yield f"{MANAGE} replay {situation.path} --shapes missing"


def _blocking(evaluation: GateEvaluation) -> Iterator[dict[str, str]]:
    for result in evaluation.results:
        if result["verdict"].lower() not in _PASSING and not result.get("is_dry_run"):
            yield result


def _back(situation: Situation) -> Iterator[str]:
    if Stage.MONOLITH < situation.rung.stage < Stage.RETIRED:
        yield roll_back_command(situation.path)
