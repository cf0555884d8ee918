"""What does looking again say about what a first look left open? Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monolith.strangler.comparison.outcomes import KEPT, Next, Outcome

if TYPE_CHECKING:
    from monolith.strangler.comparison.outcomes import Compared

LADDER_SECONDS = (2.0, 8.0, 25.0, 60.0)
"""How long after the first look each later one is due.

What a look sees healed is timed by when it looked. So the second comes before the ten seconds that
the gate `fresh` allows, and the third before what it allows where the profile is more patient.
"""


class Turn(StrEnum):
    """What became of an open comparison at a later look."""

    HEALED = "healed"  # the service has caught up with what it was behind of
    SETTLED = "settled"  # the monolith held still, and both agree
    BAD = "bad"  # both speak of one state, and do not agree
    OVERDUE = "overdue"  # the last look, and the service is still behind, or still ahead
    UNSETTLED = "unsettled"  # the last look, and the monolith never held still
    AGAIN = "again"  # look once more


def turn_of(first: Compared, now: Compared, *, is_last: bool) -> Turn:
    """Judge a later look by the first one.

    Whoever was behind has healed once they reflect what was asked of them then, however far the
    monolith has moved on since.
    """
    if now.outcome in KEPT and now.next is Next.NOTHING:
        return Turn.BAD
    if first.outcome is Outcome.STALE:
        return _of_stale(first, now, is_last=is_last)
    if _is_settled(now):
        return Turn.SETTLED
    if not is_last:
        return Turn.AGAIN
    return Turn.OVERDUE if _is_ahead(now) else Turn.UNSETTLED


def _of_stale(first: Compared, now: Compared, *, is_last: bool) -> Turn:
    if now.service_version is not None and now.service_version >= first.monolith_version:
        return Turn.HEALED
    return Turn.OVERDUE if is_last else Turn.AGAIN


def _is_settled(now: Compared) -> bool:
    return now.is_agreement or (now.outcome is Outcome.NOISE and now.next is Next.NOTHING)


def _is_ahead(now: Compared) -> bool:
    return now.service_version is not None and now.service_version > now.monolith_version
