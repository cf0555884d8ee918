"""What does a comparison say? Pure: versions and differences in, an outcome out.

Content is judged where versions prove that both sides speak of the same state, and nowhere else:
an older answer is stale, and one that is ahead says only that the monolith moved meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from monolith.strangler.comparison.differences import Difference, Kind, generalised


class Outcome(StrEnum):
    """What comparing two answers says."""

    MATCH = "match"
    MATCH_NORM = "match-norm"  # only after a rule took away what is agreed not to matter
    NOISE = "noise"  # the monolith does not agree with itself, or moved while we looked
    STALE = "stale"  # the service is behind the monolith; time may heal it
    STALE_OVERDUE = "stale-overdue"  # time did not heal it: an event is lost
    WRONG = "wrong"  # same version, other content: time will not heal it
    MISSING = "missing"  # same version, and something is not there
    EXTRA = "extra"  # same version, and something is there that must not be
    LEAK = "leak"  # somebody else's object is in the answer
    ORDER_ONLY = "order-only"  # the same things in another order
    ERROR = "error"  # the service could not be asked
    TIMEOUT = "timeout"  # the service did not answer in time
    DROPPED = "dropped"  # not compared
    MOVED = "moved"  # reconciliation only: the monolith changed while we looked: look again


BAD = frozenset({Outcome.WRONG, Outcome.MISSING, Outcome.EXTRA, Outcome.STALE_OVERDUE})
"""What time will not heal; a path that shows these must not climb."""
SEVERE = frozenset({Outcome.LEAK, Outcome.EXTRA})
"""What nobody may be shown even once or twice."""
KEPT = BAD | {Outcome.LEAK, Outcome.ORDER_ONLY}
"""Disagreements that are kept for people to look at."""


class Next(StrEnum):
    """What has to be done before an outcome can be believed."""

    NOTHING = "nothing"
    READ_AGAIN = "read-again"  # ask the monolith once more: is it of one mind?
    LOOK_LATER = "look-later"  # ask both anew in a while


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at both sides: `differences` are those that the rules named in `rules` left."""

    monolith_version: int
    service_version: int
    differences: tuple[Difference, ...] = ()
    rules: tuple[str, ...] = ()
    has_leaked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison came to. Without a service version the service gave no answer."""

    outcome: Outcome
    next: Next = Next.NOTHING
    monolith_version: int = 0
    service_version: int | None = None
    differences: tuple[Difference, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def is_agreement(self) -> bool:
        """Whether both sides say the same."""
        return self.outcome in {Outcome.MATCH, Outcome.MATCH_NORM}


def classify(look: Look) -> Compared:
    """Judge a first look.

    What it calls bad must be confirmed by `second_opinion` before anybody is told. A leak needs no
    version and no second opinion.
    """
    if look.has_leaked:
        return _compared(look, Outcome.LEAK)
    if look.service_version < look.monolith_version:
        return _compared(look, Outcome.STALE, Next.LOOK_LATER)
    if look.service_version > look.monolith_version:
        return _compared(look, Outcome.NOISE, Next.READ_AGAIN)
    if look.differences:
        return _compared(look, _named(look.differences), Next.READ_AGAIN)
    return _compared(look, Outcome.MATCH_NORM if look.rules else Outcome.MATCH)


def second_opinion(first: Look, again: Look, *, noisy: frozenset[str]) -> Compared:
    """Judge after the monolith was read again and compared with the same answer of the service.

    `noisy` are the generalised places at which the monolith's two answers differ: what it says
    differently at one version proves nothing, and what it says twice there proves the rest.
    """
    judged = classify(again)
    if judged.outcome is Outcome.LEAK:
        return judged
    if again.monolith_version != first.monolith_version:
        return _moved(judged)
    if judged.outcome is Outcome.NOISE:
        return replace(judged, next=Next.LOOK_LATER)
    if judged.outcome is Outcome.STALE:
        return judged
    steady = tuple(each for each in again.differences if generalised(each.place) not in noisy)
    if steady:
        return replace(judged, outcome=_named(steady), differences=steady, next=Next.NOTHING)
    return replace(judged, outcome=Outcome.NOISE, next=Next.NOTHING) if noisy else judged


def conclude(last: Compared) -> Compared:
    """Judge what was still open at the last look that it will ever get.

    A service that stays ahead of the monolith claims a state that there never was.
    """
    if last.outcome is Outcome.STALE:
        return replace(last, outcome=Outcome.STALE_OVERDUE, next=Next.NOTHING)
    if last.outcome is Outcome.NOISE and (last.service_version or 0) > last.monolith_version:
        return replace(last, outcome=Outcome.WRONG, next=Next.NOTHING)
    return replace(last, next=Next.NOTHING)


def outcome_of(
    *, monolith_version: int, service_version: int | None, found: tuple[Difference, ...]
) -> Outcome:
    """Classify a reconciled key; `service_version` is None when the service has no whole answer.

    Content is only judged at equal versions: an older answer is stale, not wrong.
    """
    if service_version is None:
        return Outcome.MISSING
    if service_version < monolith_version:
        return Outcome.STALE
    if service_version > monolith_version:
        return Outcome.MOVED
    return Outcome.WRONG if found else Outcome.MATCH


def _moved(judged: Compared) -> Compared:
    """The monolith moved between two reads: only an agreement with the newer one settles it."""
    following = Next.NOTHING if judged.is_agreement else Next.LOOK_LATER
    return replace(judged, outcome=Outcome.NOISE, next=following)


def _named(differences: tuple[Difference, ...]) -> Outcome:
    kinds = {difference.kind for difference in differences}
    if kinds == {Kind.REORDERED}:
        return Outcome.ORDER_ONLY
    if Kind.EXTRA in kinds:
        return Outcome.EXTRA
    return Outcome.MISSING if Kind.MISSING in kinds else Outcome.WRONG


def _compared(look: Look, outcome: Outcome, following: Next = Next.NOTHING) -> Compared:
    return Compared(
        outcome=outcome,
        next=following,
        monolith_version=look.monolith_version,
        service_version=look.service_version,
        differences=look.differences,
        rules=look.rules,
    )
