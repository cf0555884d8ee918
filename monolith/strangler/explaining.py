"""Why would a read be answered from where it is? Tells the rules in order until one spoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monolith.strangler import registry
from monolith.strangler.cohort import bucket_of
from monolith.strangler.decision import Facts, Held, trace
from monolith.strangler.ladder import Dial
from monolith.strangler.models import PathState
from monolith.strangler.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Each rule's name and what it said ("" for nothing), and the facts that they were asked of."""

    steps: tuple[tuple[str, str], ...]
    facts: Mapping[str, Any]


def explain(*, path: str, subject: str, at: datetime) -> Explanation:  # noqa: ARG001
    """Tell how a read of `path` about `subject` would be decided at an instant."""
    state = PathState.objects.filter(path=path).first()
    dial = Dial(shadow_bp=state.shadow_bp, canary_bp=state.canary_bp) if state else Dial()
    held = Held(stage=Stage(state.stage) if state else Stage.MONOLITH, dial=dial)
    bucket = bucket_of(registry.get_path(path).family, subject)
    steps = tuple((rule, str(said or "")) for rule, said in trace(Facts(held=held, bucket=bucket)))
    return Explanation(steps=steps, facts={"stage": held.stage.label, "bucket": bucket})
