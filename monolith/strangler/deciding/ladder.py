"""The rungs of the ladder: each stage with the dials that belong to it. Pure.

A stage says who answers; its dials say for whom, and how much of it is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monolith.strangler.deciding.stages import Stage

WHOLE = 10_000
"""All of something, in basis points: shares are whole numbers of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """How much of a stage is in force. Shares are basis points.

    `shadow_bp`: reads answered by the monolith that are compared afterwards. `canary_bp`: customers
    whom the service answers. `verify_bp`: reads answered by the service that the monolith is asked
    about afterwards. Without `has_fallback` nobody stands behind the service.
    """

    shadow_bp: int = 0
    canary_bp: int = 0
    verify_bp: int = 0
    has_fallback: bool = True


NO_DIAL = Dial()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder."""

    name: str
    stage: Stage
    dial: Dial

    def __str__(self) -> str:
        return self.name


class UnknownRung(Exception):
    """No rung of the ladder has this name."""

    def __init__(self, name: str) -> None:
        rungs = ", ".join(rung.name for rung in RUNGS)
        super().__init__(f"there is no rung {name!r}; the ladder is {rungs}")


def _rung(name: str, stage: Stage, **dial: Any) -> Rung:
    return Rung(name=name, stage=stage, dial=Dial(**dial))


RUNGS: tuple[Rung, ...] = (
    _rung("monolith", Stage.MONOLITH),
    _rung("backfill", Stage.BACKFILL),
    _rung("shadow-1", Stage.SHADOW, shadow_bp=100),
    _rung("shadow-10", Stage.SHADOW, shadow_bp=1_000),
    _rung("shadow-100", Stage.SHADOW, shadow_bp=WHOLE),
    _rung("canary-1", Stage.CANARY, shadow_bp=WHOLE, canary_bp=100, verify_bp=WHOLE),
    _rung("canary-5", Stage.CANARY, shadow_bp=WHOLE, canary_bp=500, verify_bp=WHOLE),
    _rung("canary-25", Stage.CANARY, shadow_bp=WHOLE, canary_bp=2_500, verify_bp=2_500),
    _rung("canary-50", Stage.CANARY, shadow_bp=WHOLE, canary_bp=5_000, verify_bp=1_000),
    _rung("service", Stage.SERVICE, canary_bp=WHOLE, verify_bp=100),
    _rung("service-alone", Stage.SERVICE, canary_bp=WHOLE, verify_bp=100, has_fallback=False),
    _rung("retired", Stage.RETIRED, canary_bp=WHOLE, has_fallback=False),
)


def rung_called(name: str) -> Rung:
    """Return the rung that people call this.

    Raises:
        UnknownRung: there is none.
    """
    for rung in RUNGS:
        if rung.name == name:
            return rung
    raise UnknownRung(name)


def rung_at(stage: Stage, dial: Dial) -> Rung:
    """Return the highest rung that a stage with this dial has reached.

    A dial turned down by hand stands on the rung below: what was given up has to be earned again.
    """
    reached = [rung for rung in RUNGS if rung.stage is stage and _is_reached(rung.dial, dial)]
    return reached[-1] if reached else lowest(stage)


def rung_above(rung: Rung) -> Rung | None:
    """Return the next rung up, or None at the top."""
    above = RUNGS[RUNGS.index(rung) + 1 :]
    return above[0] if above else None


def rung_below(rung: Rung) -> Rung | None:
    """Return the next rung down, or None at the bottom."""
    index = RUNGS.index(rung)
    return RUNGS[index - 1] if index else None


def lowest(stage: Stage) -> Rung:
    """Return the first rung of a stage."""
    return next(rung for rung in RUNGS if rung.stage is stage)


def _is_reached(wanted: Dial, dial: Dial) -> bool:
    # How much is verified may be turned freely: it risks nothing.
    return (
        dial.shadow_bp >= wanted.shadow_bp
        and dial.canary_bp >= wanted.canary_bp
        and (wanted.has_fallback or not dial.has_fallback)
    )
