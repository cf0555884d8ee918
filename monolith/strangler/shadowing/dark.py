"""A read that is compared after it was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monolith.strangler.deciding.decision import Check

if TYPE_CHECKING:
    from monolith.strangler.registry import MovingRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """A question that was answered, the answer that was shown, and what it is compared with.

    SHADOW: the monolith's answer, with what the service says. VERIFY: the other way round. What has
    to be known beside that is found out later, where nobody waits: making one calls no hook.
    """

    path: MovingRead[Any, Any]
    query: Any = field(repr=False)
    value: Any = field(repr=False)
    check: Check = Check.SHADOW

    @classmethod
    def of(cls, path: MovingRead[Any, Any], query: Any, value: Any, check: Check) -> Dark:
        """Make one of what routing has at hand."""
        return cls(path=path, query=query, value=value, check=check)

    @property
    def was_shown(self) -> bool:
        """Whether a customer was shown the service's answer."""
        return self.check is Check.VERIFY
