"""What to type next: the commands that belong to where a path stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.control_room.gate_rows import gate_rows
from monolith.strangler.decision import Hold
from monolith.strangler.ladder import rung_above
from monolith.strangler.queries import hold_of, rung_of
from monolith.strangler.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.strangler.control_room.rows import Rows

MANAGE = "manage.py strangler"
_WHY = '--reason "…"'


def next_steps(rows: Rows, path: str) -> list[str]:
    """List the commands that lead on from here, the way up first and the way back last."""
    return [*_lifting(rows, path), *_climbing(rows, path), *_back(rows, path)]


def roll_back_command(path: str) -> str:
    """Return the one command that leads back."""
    return f"{MANAGE} rollback {path} {_WHY}"


def _lifting(rows: Rows, path: str) -> Iterator[str]:
    state = rows.state_of(path)
    if rows.is_all_killed():
        yield f"{MANAGE} unkill --all {_WHY}"
    if state.is_killed:
        yield f"{MANAGE} unkill {path} {_WHY}"
    hold = hold_of(state, at=rows.now)
    if hold is not Hold.NONE:
        yield f"{MANAGE} {'lift' if hold is Hold.FROZEN else 'resume'} {path} {_WHY}"


def _climbing(rows: Rows, path: str) -> Iterator[str]:
    state = rows.state_of(path)
    above = rung_above(rung_of(state))
    run = rows.backfills.get(path)
    if state.stage == Stage.BACKFILL and (run is None or run.finished_at is None):
        yield f"{MANAGE} backfill {path}"
    if above is None:
        return
    plans = [plan for plan in rows.plans if plan.path == path]
    for plan in plans:
        if not plan.approvals.all():
            yield f"{MANAGE} approve {plan.pk} {_WHY}"
        yield f"{MANAGE} advance {path} --plan {plan.pk} {_WHY}"
    yield from _evidence(rows, path)
    if not plans:
        yield f"{MANAGE} plan {path} --to {above}"


def _evidence(rows: Rows, path: str) -> Iterator[str]:
    blocking = [
        row for row in gate_rows(rows.evaluations.get(path), (), rows.now) if row.holds_back
    ]
    if blocking or path not in rows.evaluations:
        yield f"{MANAGE} gates {path}"
    if any(row.gate.startswith("E4") for row in blocking):
        yield f"{MANAGE} replay {path} --shapes missing"


def _back(rows: Rows, path: str) -> Iterator[str]:
    if Stage.MONOLITH < rows.state_of(path).stage < Stage.RETIRED:
        yield roll_back_command(path)
