"""The ladder drawn as a rail: which rungs are behind, which is stood on, which lie above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.reporting.planned import share

if TYPE_CHECKING:
    from monolith.strangler.deciding.ladder import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Pip:
    """One rung. `place`: done, here, to or above; `says` is what the rung means in numbers."""

    name: str
    stage: str
    place: str
    says: str
    is_first_of_stage: bool


def pips(here: Rung, to: Rung | None = None) -> tuple[Pip, ...]:
    """Return all rungs, seen from one of them; `to` is where somebody wants to go."""
    return tuple(_pip(number, _place(rung, here, to)) for number, rung in enumerate(RUNGS))


def _pip(number: int, place: str) -> Pip:
    rung = RUNGS[number]
    return Pip(
        name=rung.name,
        stage=rung.stage.label,
        place=place,
        says=_says(rung),
        is_first_of_stage=number == 0 or RUNGS[number - 1].stage is not rung.stage,
    )


def _place(rung: Rung, here: Rung, to: Rung | None) -> str:
    if rung == here:
        return "here"
    if rung == to:
        return "to"
    return "done" if RUNGS.index(rung) < RUNGS.index(here) else "above"


def _says(rung: Rung) -> str:
    if rung.stage is Stage.SHADOW:
        return share(rung.dial.shadow_bp)
    if rung.stage is Stage.CANARY:
        return share(rung.dial.canary_bp)
    if rung.stage is Stage.SERVICE:
        return "with fallback" if rung.dial.has_fallback else "alone"
    return rung.stage.label
