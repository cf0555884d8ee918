"""Why was it answered from there? The decision told again, rule by rule."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from monolith.strangler import registry
from monolith.strangler.deciding.decision import Decision, Facts, trace
from monolith.strangler.models import ReadRecord
from monolith.strangler.routing.gathering import facts_about

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule, and what it said; None if it had nothing to say."""

    rule: str
    said: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The facts of a decision, and the rules in their order up to the one that decided."""

    path: str
    subject: str
    facts: dict[str, Any]
    steps: tuple[Step, ...]
    at: datetime

    @property
    def decision(self) -> Decision:
        """What was decided."""
        said = self.steps[-1].said
        if said is None:
            raise RuntimeError("no rule decided")
        return said


def explain(
    *, path: str, subject: str, at: datetime, is_staff: bool = False, in_transaction: bool = False
) -> Explanation:
    """Tell how a read about somebody would be decided now, by what this process knows.

    Raises:
        PathNotDeclared: there is no such path.
    """
    facts = facts_about(
        registry.get_path(path),
        subject or None,
        in_transaction=in_transaction,
        is_staff=lambda: is_staff,
    )
    return _explanation(path, subject, facts, at)


def list_reads(
    *, request_id: str = "", path: str = "", subject: str = "", limit: int = 50
) -> list[ReadRecord]:
    """List recorded reads, the latest first: of one request, or about somebody."""
    reads = ReadRecord.objects.order_by("-at", "-pk")
    given = {"request_id": request_id, "path": path, "subject": subject}
    return list(reads.filter(**{name: value for name, value in given.items() if value})[:limit])


def _explanation(path: str, subject: str, facts: Facts, at: datetime) -> Explanation:
    steps = tuple(Step(rule=rule, said=said) for rule, said in trace(facts))
    return Explanation(path=path, subject=subject, facts=asdict(facts), steps=steps, at=at)
