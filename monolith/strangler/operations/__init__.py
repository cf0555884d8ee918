"""Everything that changes where a path stands. Each change says who and why, and is audited."""

from monolith.strangler.operations.changing import NothingToRollBack, PathFrozen, StateChanged
from monolith.strangler.operations.climbing import advance, place, stand_twin
from monolith.strangler.operations.excepting import end_exception, except_subject
from monolith.strangler.operations.holding import freeze, kill, lift, pause, resume, unkill
from monolith.strangler.operations.planning import approve, plan, valid_plan, waive
from monolith.strangler.operations.refusals import (
    AdvanceRefused,
    ApprovalNeeded,
    EvidenceMissing,
    PlanNotFound,
)
from monolith.strangler.operations.retreating import dial, roll_back
from monolith.strangler.state.audit import ReasonMissing

__all__ = [
    "AdvanceRefused",
    "ApprovalNeeded",
    "EvidenceMissing",
    "NothingToRollBack",
    "PathFrozen",
    "PlanNotFound",
    "ReasonMissing",
    "StateChanged",
    "advance",
    "approve",
    "dial",
    "end_exception",
    "except_subject",
    "freeze",
    "kill",
    "lift",
    "pause",
    "place",
    "plan",
    "resume",
    "roll_back",
    "stand_twin",
    "unkill",
    "valid_plan",
    "waive",
]
