"""The steps to each rung: first what its gates want to know, then the climb, then a look at it.

Nothing here knows a path: what is special about one stands in its declaration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.deciding.ladder import RUNGS, Rung, rung_below
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates.edges import gates_before
from monolith.strangler.gates.profiles import STANDARD
from monolith.strangler.runbook import conditions as is_so
from monolith.strangler.runbook.providing import PROVIDERS, Provider
from monolith.strangler.runbook.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINEER, SECOND = "engineer", "second person"
NOTHING_TO_UNDO = "nothing to undo"
# Twice as long as the profile `standard` needs where there is traffic enough.
_EARNING_MINUTES = {
    "backfill": 60, "shadow-1": 120, "shadow-10": 240, "shadow-100": 240, "canary-1": 2_880,
    "canary-5": 120, "canary-25": 480, "canary-50": 2_880, "service": 5_760,
    "service-alone": 40_320, "retired": 20_160,
}  # fmt: skip


def steps_to(rung: Rung) -> tuple[Step, ...]:
    """Return the steps that lead to a rung from the one below it; none to the lowest."""
    below = rung_below(rung)
    return tuple(_steps(rung, below)) if below else ()


def all_steps() -> tuple[Step, ...]:
    """Return the steps of the whole ladder, in their order."""
    return tuple(step for rung in RUNGS for step in steps_to(rung))


def _steps(rung: Rung, below: Rung) -> Iterator[Step]:
    for provider in _providers(rung):
        yield provider.step_to(rung.name)
    yield _earn(rung)
    # The first rung's gates want the plan themselves; elsewhere it would grow old meanwhile.
    if "B3" not in _gate_ids(rung):
        yield _plan(rung)
    if STANDARD.approvals_for(rung.name):
        yield _approve(rung)
    yield _climb(rung, below)
    yield _look(rung, below)


def _gate_ids(rung: Rung) -> tuple[str, ...]:
    return tuple(gate.id for gate in gates_before(rung.name))


def _providers(rung: Rung) -> tuple[Provider, ...]:
    found = [PROVIDERS[gate] for gate in _gate_ids(rung) if gate in PROVIDERS]
    wanted = {name for each in found for name in (*each.after, each.name)}
    everybody = {each.name: each for each in PROVIDERS.values()}
    return tuple(each for name, each in everybody.items() if name in wanted)


def _earn(rung: Rung) -> Step:
    return Step(
        id=f"{rung}.earn",
        rung=rung.name,
        why="a rung is earned by evidence: docs/gates.md says what each gate asks for",
        check=is_so.SERVICE_IS_DEPLOYED,
        do="manage.py strangler gates {path}",
        verify=is_so.GATES_PASSED_IN_A_ROW,
        roll_back=NOTHING_TO_UNDO,
        owner=ENGINEER,
        max_minutes=_EARNING_MINUTES[rung.name],
        gates=_gate_ids(rung),
        is_repeated=True,
    )


def _plan(rung: Rung) -> Step:
    return Step(
        id=f"{rung}.plan",
        rung=rung.name,
        why="what will change is written down before it does",
        check=is_so.NOTHING_HOLDS,
        do=f"manage.py strangler plan {{path}} --to {rung} --as {{actor}}",
        verify=is_so.PLAN_HOLDS,
        roll_back=NOTHING_TO_UNDO,
        owner=ENGINEER,
        max_minutes=5,
    )


def _approve(rung: Rung) -> Step:
    return Step(
        id=f"{rung}.approve",
        rung=rung.name,
        why="from here on everybody depends on the service: two people answer for it",
        check=is_so.PLAN_HOLDS,
        do="manage.py strangler approve {plan} --as {approver} --reason '{reason}'",
        verify=is_so.IS_APPROVED,
        roll_back="let the plan expire",
        owner=SECOND,
        max_minutes=60,
    )


def _climb(rung: Rung, below: Rung) -> Step:
    return Step(
        id=f"{rung}.climb",
        rung=rung.name,
        why="the rung below has shown all that it can show",
        check=is_so.NOTHING_HOLDS,
        do="manage.py strangler advance {path} --plan {plan} --execute --as {actor} "
        "--reason '{reason}'",
        verify=is_so.stands_on(rung.name),
        roll_back=_way_back(rung, below),
        owner=ENGINEER,
        max_minutes=10,
    )


def _look(rung: Rung, below: Rung) -> Step:
    return Step(
        id=f"{rung}.look",
        rung=rung.name,
        why="a change that nobody has looked at is not finished",
        check=is_so.stands_on(rung.name),
        do="manage.py strangler status {path}",
        verify=is_so.IS_SEEN_TO_WORK,
        roll_back=_way_back(rung, below),
        owner=ENGINEER,
        max_minutes=60,
        is_after=True,
    )


def _way_back(rung: Rung, below: Rung) -> str:
    if rung.stage is Stage.RETIRED:
        return "deploy a release in which the monolith answers: no command undoes a retirement"
    to = f"--to {below} --as {{actor}} --reason '{{reason}}'"
    return f"manage.py strangler rollback {{path}} {to}"
