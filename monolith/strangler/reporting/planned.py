"""What a plan would do, in words and figures, before anybody does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monolith.strangler.deciding.ladder import WHOLE, rung_called
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates import gating
from monolith.strangler.state import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monolith.strangler.deciding.ladder import Rung
    from monolith.strangler.models import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is, or is not, otherwise on another rung."""

    what: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Whether it is otherwise."""
        return self.before != self.after

    def __str__(self) -> str:
        return f"{self.what}: {self.after} (now {self.before})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A plan, and everything that it would change."""

    plan: Plan
    effects: tuple[str, ...]
    approvals_needed: int

    @property
    def advance(self) -> str:
        """The command that carries it out."""
        return (
            f"manage.py strangler advance {self.plan.path} --plan {self.plan.pk} "
            "--execute --reason ..."
        )

    @property
    def roll_back(self) -> str:
        """The command that undoes it."""
        return (
            f"manage.py strangler rollback {self.plan.path} --to {self.plan.from_rung} --reason ..."
        )

    def lines(self) -> Iterator[str]:
        """Yield it as text."""
        plan = self.plan
        yield f"plan {plan.pk}  {plan.path}: {plan.from_rung} to {plan.rung}  ({plan.profile})"
        yield f"  hash      {plan.digest[:16]}, until {plan.expires_at:%Y-%m-%d %H:%M} UTC"
        yield from (f"  effect    {effect}" for effect in self.effects)
        if self.approvals_needed:
            yield f"  approvals {self.approvals_needed} by others than {plan.requested_by}"
            yield f"  approve   manage.py strangler approve {plan.pk} --reason ..."
        yield f"  do        {self.advance}"
        yield f"  back      {self.roll_back}"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        plan = self.plan
        return {
            "plan": plan.pk,
            "path": plan.path,
            "from": plan.from_rung,
            "to": plan.rung,
            "profile": plan.profile,
            "digest": plan.digest,
            "expires_at": plan.expires_at.isoformat(),
            "effects": list(self.effects),
            "approvals_needed": self.approvals_needed,
            "next_steps": [self.advance, self.roll_back],
        }


def preview(plan: Plan) -> Preview:
    """Say what a plan would change."""
    return Preview(
        plan=plan,
        effects=tuple(_effects(plan)),
        approvals_needed=gating.current_profile().approvals_for(plan.rung),
    )


def dials(path: str) -> dict[str, int]:
    """Return the dials of a path by the names that people turn them by.

    Raises:
        PathNotDeclared: there is no such path.
    """
    dial = queries.get_status(path).dial
    return {"shadow": dial.shadow_bp, "canary": dial.canary_bp, "verify": dial.verify_bp}


def changes(before: Rung, after: Rung) -> tuple[Change, ...]:
    """List what two rungs have in common, and what not."""
    return tuple(Change(what=what, before=told(before), after=told(after)) for what, told in _SAID)


def share(basis_points: int) -> str:
    """Write a share in basis points as a percentage: 2500 is "25 %", 150 is "1.5 %"."""
    return f"{basis_points * 100 / WHOLE:g} %"


def _who(rung: Rung) -> str:
    if rung.stage < Stage.CANARY:
        return "the monolith"
    return "the service" if rung.stage >= Stage.SERVICE else "the service, for some"


def _fallback(rung: Rung) -> str:
    if rung.stage < Stage.CANARY:
        return "it answers itself"
    return "yes" if rung.dial.has_fallback else "no: where the service fails, the customer sees it"


_SAID: tuple[tuple[str, Callable[[Rung], str]], ...] = (
    ("who answers", _who),
    ("answers of the monolith that are compared", lambda rung: share(rung.dial.shadow_bp)),
    ("customers whom the service answers", lambda rung: share(rung.dial.canary_bp)),
    ("answers of the service that are verified", lambda rung: share(rung.dial.verify_bp)),
    ("the monolith stands behind the service", _fallback),
)


def _effects(plan: Plan) -> Iterator[str]:
    for change in changes(rung_called(plan.from_rung), rung_called(plan.rung)):
        if change.is_changed:
            yield str(change)
    yield "evidence begins anew: what was measured so far does not count for the rung after"
