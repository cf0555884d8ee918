"""Which gates stand before which rung, and what they say together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monolith.strangler.gates import agreement, baking, filling, retiring, watching
from monolith.strangler.gates.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from monolith.strangler.gates.facts import Evidence
    from monolith.strangler.gates.judging import Gate
    from monolith.strangler.gates.profiles import Profile
    from monolith.strangler.gates.verdicts import GateResult

_BEFORE_MORE_SHADOW = (agreement.noise_baseline, agreement.harmless, watching.watch)
_BETWEEN_STEPS = (
    baking.baked,
    baking.falls_back_seldom,
    baking.verified,
    baking.own_writes,
    baking.business,
    agreement.nothing_severe,
    watching.drilled,
    watching.watch,
)

BEFORE: Mapping[str, tuple[Gate, ...]] = {
    "backfill": (filling.contract, filling.stream, filling.plan, filling.idempotent),
    "shadow-1": (filling.copied, filling.reconciled, filling.caught_up),
    "shadow-10": _BEFORE_MORE_SHADOW,
    "shadow-100": _BEFORE_MORE_SHADOW,
    "canary-1": (
        agreement.agree,
        agreement.nothing_severe,
        agreement.heals_soon,
        agreement.covered,
        agreement.fast,
        watching.drilled,
        watching.watch,
    ),
    "canary-5": _BETWEEN_STEPS,
    "canary-25": _BETWEEN_STEPS,
    "canary-50": _BETWEEN_STEPS,
    "service": (*_BETWEEN_STEPS, baking.whole),
    "service-alone": (retiring.soaked, agreement.nothing_severe, watching.watch),
    "retired": (retiring.alone, retiring.clean, agreement.nothing_severe, watching.watch),
}
"""The gates before each rung above the lowest, by the rung's name, in the order they are shown."""


class UnknownGate(Exception):
    """No gate has this id."""

    def __init__(self, identifier: str) -> None:
        known = ", ".join(gate.id for gate in all_gates())
        super().__init__(f"there is no gate {identifier!r}; there are {known}")


def gates_before(rung: str) -> tuple[Gate, ...]:
    """Return the gates that a path must pass to enter a rung; none before the lowest."""
    return BEFORE.get(rung, ())


def all_gates() -> tuple[Gate, ...]:
    """Return every gate once, in the order of the ladder."""
    return tuple({gate.id: gate for gates in BEFORE.values() for gate in gates}.values())


def gate_called(identifier: str) -> Gate:
    """Return the gate of this id.

    Raises:
        UnknownGate: there is none.
    """
    for gate in all_gates():
        if gate.id == identifier:
            return gate
    raise UnknownGate(identifier)


def judge(
    evidence: Evidence,
    profile: Profile,
    now: datetime,
    *,
    rung: str,
    waivers: Mapping[str, str],
) -> tuple[GateResult, ...]:
    """Ask every gate before a rung. `waivers`: gate id -> who lets it pass, why, until when."""
    results = (gate(evidence, profile, now) for gate in gates_before(rung))
    return tuple(_waived(result, waivers.get(result.gate)) for result in results)


def _waived(result: GateResult, waiver: str | None) -> GateResult:
    if waiver is None or result.verdict is Verdict.PASS or not result.can_be_waived:
        return result
    return replace(result, verdict=Verdict.WAIVED, waiver=waiver)
