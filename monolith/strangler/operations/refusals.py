"""Why an advance is not made; each message says what is missing and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monolith.strangler.gates.verdicts import Verdict


class AdvanceRefused(Exception):
    """The path may not climb to this rung."""


class PlanNotFound(AdvanceRefused):
    """There is no such plan, or it holds no longer."""


class ApprovalNeeded(AdvanceRefused):
    """Somebody else has to say yes first."""


class EvidenceMissing(AdvanceRefused):
    """A gate does not pass. `verdict` is the worst one."""

    def __init__(self, complaint: str, verdict: Verdict) -> None:
        super().__init__(complaint)
        self.verdict = verdict
