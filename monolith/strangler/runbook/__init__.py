"""How a path is moved, step by step, as code: read by people, printed as a page, and run."""

from monolith.strangler.runbook.following import (
    Follower,
    PathFell,
    Progress,
    StepFailed,
    StepTookTooLong,
    next_step,
)
from monolith.strangler.runbook.linting import complaints
from monolith.strangler.runbook.rendering import page, page_is_stale
from monolith.strangler.runbook.sequence import all_steps, steps_to
from monolith.strangler.runbook.sight import Sight
from monolith.strangler.runbook.steps import Condition, Found, Step
from monolith.strangler.runbook.typing_in import People

__all__ = [
    "Condition",
    "Follower",
    "Found",
    "PathFell",
    "People",
    "Progress",
    "Sight",
    "Step",
    "StepFailed",
    "StepTookTooLong",
    "all_steps",
    "complaints",
    "next_step",
    "page",
    "page_is_stale",
    "steps_to",
]
