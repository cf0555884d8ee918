"""What a plan would do, in words and figures, before anybody does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monolith.strangler import gating, queries
from monolith.strangler.ladder import WHOLE, rung_called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.strangler.models import Plan


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


def _effects(plan: Plan) -> Iterator[str]:
    before, after = rung_called(plan.from_rung), rung_called(plan.rung)
    if before.stage is not after.stage:
        yield f"stage {before.stage.label} becomes {after.stage.label}"
    for name, what in (
        ("shadow_bp", "of the reads that the monolith answers are compared afterwards"),
        ("canary_bp", "of the customers are answered by the service"),
        ("verify_bp", "of the reads that the service answers are checked by the monolith"),
    ):
        was, becomes = getattr(before.dial, name), getattr(after.dial, name)
        if was != becomes:
            yield f"{_percent(becomes)} {what} (now {_percent(was)})"
    if before.dial.has_fallback and not after.dial.has_fallback:
        yield "nobody stands behind the service any more: where it fails, the customer sees that"
    yield "evidence begins anew: what was measured so far does not count for the rung after"


def _percent(basis_points: int) -> str:
    return f"{basis_points * 100 / WHOLE:g} %"
