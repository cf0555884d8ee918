"""Keys that only the service has: nobody asks about them, and yet they are somebody's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monolith.strangler.reconciliation.outcomes import Finding, Outcome

if TYPE_CHECKING:
    from monolith.strangler.reconciliation.asking import BothSides
    from monolith.strangler.registry import MovingRead


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtrasPage:
    """What one page of the service's keys held that the monolith has not, and where to go on."""

    findings: tuple[Finding, ...]
    next: str | None


def are_findable(path: MovingRead[Any, Any]) -> bool:
    """Tell whether a path declares what it takes to look for them."""
    return path.keys_request is not None and path.source.known is not None


def find_extras(sides: BothSides, after: str | None) -> ExtrasPage:
    """Look through one page of the service's keys.

    The service is asked first: a key that is born meanwhile is in the monolith already.

    Raises:
        ServiceError: see `clients`.
    """
    listed = sides.service_keys(after)
    known = sides.path.source.known
    reserved = {sides.path.heartbeat.key} if sides.path.heartbeat else set()
    candidates = [key for key in listed.keys if key not in reserved]
    ours = set(known(candidates)) if known and candidates else set()
    extra = sorted(set(candidates) - ours)
    return ExtrasPage(
        findings=tuple(Finding(key, Outcome.EXTRA) for key in extra), next=listed.next
    )
