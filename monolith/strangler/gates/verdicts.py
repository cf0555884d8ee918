"""What a gate may say, and which saying weighs more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Verdict(StrEnum):
    """What a gate says. Only the first two let a path climb."""

    PASS = "pass"  # noqa: S105 - a verdict
    WAIVED = "waived"  # somebody lets it pass for a while, against its verdict
    INCONCLUSIVE = "inconclusive"  # too little is known
    STALE = "stale"  # what is known is too old
    FAIL = "fail"

    @property
    def lets_pass(self) -> bool:
        """Whether a path may climb with this."""
        return self in {Verdict.PASS, Verdict.WAIVED}


_WEIGHT = list(Verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that weighs most; of none at all, that nothing is known."""
    return max(verdicts, key=_WEIGHT.index, default=Verdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What one gate said, in words and numbers.

    `bound` is the upper bound of the share it judges; `needs` what is missing and for about how
    long; `as_of` the instant of the newest evidence; `waiver` who lets it pass, and why.
    """

    gate: str
    name: str
    requires: str
    now: str
    verdict: Verdict
    n: int | None = None
    bound: float | None = None
    needs: str = ""
    window: str = ""
    as_of: datetime | None = None
    is_dry_run: bool = False
    can_be_waived: bool = True
    waiver: str = ""

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain JSON values, under the names of the fields."""
        return {
            "gate": self.gate,
            "name": self.name,
            "requires": self.requires,
            "now": self.now,
            "verdict": self.verdict.value,
            "n": self.n,
            "bound": self.bound,
            "needs": self.needs,
            "window": self.window,
            "as_of": self.as_of and self.as_of.isoformat(),
            "is_dry_run": self.is_dry_run,
            "can_be_waived": self.can_be_waived,
            "waiver": self.waiver,
        }


def overall(results: Iterable[GateResult]) -> Verdict:
    """Return what all gates say together: pass, if each that is no dry run lets pass."""
    said = worst(result.verdict for result in results if not result.is_dry_run)
    return Verdict.PASS if said.lets_pass else said
