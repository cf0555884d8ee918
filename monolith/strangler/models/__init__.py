"""What is recorded about moving reads: what people want, what was seen, what was filled."""

from monolith.strangler.models.control import (
    Approval,
    CohortException,
    PathState,
    Plan,
    Transition,
    TransitionEffect,
    Waiver,
)
from monolith.strangler.models.evidence import (
    Epoch,
    GateEvaluation,
    NormaliseRule,
    ReadRecord,
    Reveal,
    Sample,
    Signature,
    Tally,
    Watch,
)
from monolith.strangler.models.filling import BackfillChunk, BackfillRun, ReconcileRun
from monolith.strangler.models.observation import Drill, Duty, Heartbeat, WorkerSeen

__all__ = [
    "Approval",
    "BackfillChunk",
    "BackfillRun",
    "CohortException",
    "Drill",
    "Duty",
    "Epoch",
    "GateEvaluation",
    "Heartbeat",
    "NormaliseRule",
    "PathState",
    "Plan",
    "ReadRecord",
    "ReconcileRun",
    "Reveal",
    "Sample",
    "Signature",
    "Tally",
    "Transition",
    "TransitionEffect",
    "Waiver",
    "Watch",
    "WorkerSeen",
]
