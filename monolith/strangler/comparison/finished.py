"""A comparison that was made: what was compared and what it came to. It holds values: no log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monolith.strangler.comparison.outcomes import Compared, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """When one look was taken, counted from the first, and what it saw."""

    seconds: float
    outcome: Outcome
    monolith_version: int
    service_version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One question, both answers and the judgement.

    `was_shown` tells that the service's answer was shown to a customer. `subject` is whom the
    question is about, as text. Without an answer of the service `service` is None.
    """

    path: str
    query: Any = field(repr=False)
    monolith: Any = field(repr=False)
    service: Any = field(repr=False)
    judged: Compared
    shape: str = ""
    subject: str | None = field(default=None, repr=False)
    was_shown: bool = False
    looks: tuple[Glance, ...] = ()
