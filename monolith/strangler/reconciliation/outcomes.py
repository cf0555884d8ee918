"""What one look at a key says, and what becomes of the key in the end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monolith.strangler.comparison import Difference

_PLACES = 10


class Outcome(StrEnum):
    """What comparing one key's answers says."""

    MATCH = "match"
    STALE = "stale"  # the service is behind the monolith; time may heal it
    MISSING = "missing"  # the service has no complete answer yet; time may heal it
    MOVED = "moved"  # the monolith changed while we looked: look again
    WRONG = "wrong"  # same version, other content: time will not heal it
    EXTRA = "extra"  # the monolith has no such key
    ERROR = "error"  # the service could not be asked


class Final(StrEnum):
    """What became of a key in the end."""

    MATCH = "match"
    HEALED = "healed"  # did not match at first, did later
    REPAIRED = "repaired"  # matched after its snapshot was sent again
    STALE_OVERDUE = "stale overdue"
    MISSING = "missing"
    WRONG = "wrong"
    EXTRA = "extra"
    UNSETTLED = "unsettled"  # the monolith never stood still
    ERROR = "error"


SOUND = frozenset({Final.MATCH, Final.HEALED, Final.REPAIRED})
DIFFERENT = frozenset({Final.STALE_OVERDUE, Final.MISSING, Final.WRONG, Final.EXTRA})
# A snapshot puts these right; of a key that the monolith does not have there is none.
REPAIRABLE = frozenset({Final.STALE_OVERDUE, Final.MISSING, Final.WRONG})

_FINALLY = {
    Outcome.STALE: Final.STALE_OVERDUE,
    Outcome.MISSING: Final.MISSING,
    Outcome.MOVED: Final.UNSETTLED,
    Outcome.WRONG: Final.WRONG,
    Outcome.EXTRA: Final.EXTRA,
    Outcome.ERROR: Final.ERROR,
}
_BEFORE = {final: outcome for outcome, final in _FINALLY.items()}


@dataclass(frozen=True, slots=True)
class Finding:
    """One key that does not match, and where."""

    key: str
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    looks: int = 1

    @property
    def final(self) -> Final:
        """What this finding is when nobody looks again."""
        return _FINALLY[self.outcome]

    def facts(self) -> dict[str, Any]:
        """Return it as plain JSON values: places, never values."""
        places = [str(difference) for difference in self.differences[:_PLACES]]
        return {"key": self.key, "outcome": self.final.value, "differences": places}


def seen_again(before: Iterable[Finding], now: Iterable[Finding]) -> list[Finding]:
    """Return what is found now, with how often in a row it has been found to be so."""
    earlier = {finding.key: finding for finding in before}
    return [_after(earlier[finding.key], finding) for finding in now]


def _after(before: Finding, now: Finding) -> Finding:
    looks = before.looks + 1 if before.outcome is now.outcome else 1
    return Finding(now.key, now.outcome, now.differences, looks)


def finding_in(facts: dict[str, Any]) -> Finding:
    """Read a finding back, without its places: it will be looked at again."""
    return Finding(facts["key"], _BEFORE[Final(facts["outcome"])])


def outcome_of(
    *,
    monolith_versions: Iterable[int],
    service_versions: Iterable[int] | None,
    found: tuple[Difference, ...],
) -> Outcome:
    """Classify a look at all pages of both sides; None: the service has no complete answer.

    Content is only judged at equal versions: an older answer is stale, not wrong. Pages of several
    versions were read while something changed.
    """
    ours = set(monolith_versions)
    theirs = None if service_versions is None else set(service_versions)
    if len(ours) > 1 or (theirs is not None and len(theirs) > 1):
        return Outcome.MOVED
    if theirs is None:
        return Outcome.MISSING
    (version,), (answered,) = ours, theirs
    if answered < version:
        return Outcome.STALE
    if answered > version:
        return Outcome.MOVED
    return Outcome.WRONG if found else Outcome.MATCH
