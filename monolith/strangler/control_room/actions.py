"""What may be done with a path just now, and in words why the rest may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from monolith.strangler.control_room import access
from monolith.strangler.control_room.gate_rows import blocking_words
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import RUNGS, rung_above
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.state.queries import hold_of, rung_of

if TYPE_CHECKING:
    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.models import PathState


_HOLDING = {
    Hold.NONE: ("pause", "Pause…", "pause"),
    Hold.PAUSED: ("resume", "Resume…", "up"),
    Hold.FROZEN: ("resume", "Lift the freeze…", "up"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button. With a refusal it cannot be pressed, and says why."""

    label: str
    href: str
    look: str = "quiet"
    icon: str = ""
    refusal: str = ""


def actions(rows: Rows, path: str, user: access.User) -> tuple[Action, ...]:
    """Return a path's buttons, in the order of how often they are pressed."""
    state = rows.state_of(path)
    return (
        _advance(rows, state, user),
        _pause_or_resume(rows, state, user),
        _roll_back(state, user),
        _kill_or_unkill(state, user),
    )


def _advance(rows: Rows, state: PathState, user: access.User) -> Action:
    above = rung_above(rung_of(state))
    href = reverse("control_room:advance", args=[state.path])
    label = f"Advance to {above}…" if above else "Advance…"
    refusal = _not_allowed(user, "operate_paths") or _not_now(rows, state)
    return Action(label=label, href=href, look="main", icon="up", refusal=refusal)


def _not_now(rows: Rows, state: PathState) -> str:
    if rung_of(state) == RUNGS[-1]:
        return "nothing lies above retired"
    if rows.is_all_killed() or state.is_killed:
        return "killed: lift the kill first"
    hold = hold_of(state, at=rows.now)
    if hold is not Hold.NONE:
        first = "lift the freeze" if hold is Hold.FROZEN else "resume"
        return f"{hold} by {state.hold_by or 'nobody named'}: {first} first"
    return blocking_words(rows.evaluations.get(state.path))


def _pause_or_resume(rows: Rows, state: PathState, user: access.User) -> Action:
    refusal = _not_allowed(user, "operate_paths")
    name, label, icon = _HOLDING[hold_of(state, at=rows.now)]
    href = reverse(f"control_room:{name}", args=[state.path])
    return Action(label=label, href=href, icon=icon, refusal=refusal)


def _roll_back(state: PathState, user: access.User) -> Action:
    href = reverse("control_room:roll-back", args=[state.path])
    refusal = access.refusal_of(user, *access.ROLLING_BACK)
    if state.stage == Stage.MONOLITH:
        refusal = refusal or "the monolith answers already"
    elif state.stage == Stage.RETIRED:
        refusal = refusal or "retired: there is no monolith to go back to"
    return Action(label="Roll back…", href=href, look="back", icon="back", refusal=refusal)


def _kill_or_unkill(state: PathState, user: access.User) -> Action:
    if state.is_killed:
        refusal = _not_allowed(user, "approve_plans")
        href = reverse("control_room:unkill", args=[state.path])
        return Action(label="Lift the kill…", href=href, icon="up", refusal=refusal)
    refusal = _not_allowed(user, "kill_paths")
    href = reverse("control_room:kill", args=[state.path])
    return Action(label="Kill…", href=href, look="danger", icon="kill", refusal=refusal)


def _not_allowed(user: access.User, permission: str) -> str:
    return access.refusal_of(user, permission)
