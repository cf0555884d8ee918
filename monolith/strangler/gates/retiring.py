"""Can the monolith's read be given up? The gates before the service stands alone, and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.gates import profiles
from monolith.strangler.gates.judging import (
    Opinion,
    Point,
    below,
    enough,
    fresh,
    gate,
    lasted,
    none_of,
    unknown,
)
from monolith.strangler.gates.watching import drilled_point
from monolith.strangler.gates.wording import length, percent

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from monolith.strangler.gates.facts import Evidence
    from monolith.strangler.gates.profiles import Profile


@gate("H1", "soaked")
def soaked(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """The service has answered everybody for long, deploys included; nothing had to step in."""
    answers = evidence.answers_lately
    return Opinion(
        requires=(
            f"{length(profile.soak)} at service, no automatic roll-back in them, "
            f"no breaker open in {length(profile.quiet)}"
        ),
        points=(
            _at_rung(evidence, "service", profile.soak, now),
            _rollbacks(evidence),
            none_of(answers.of("monolith:breaker-open"), "reads met an open breaker"),
            *_reads(evidence, profile, now),
        ),
        n=answers.starting("service:"),
        window=length(profile.soak),
        as_of=answers.newest,
    )


@gate("H2", "alone")
def alone(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Without anybody behind it, the service failed hardly anybody."""
    answered, unanswered = evidence.answers_lately, evidence.unanswered_lately.total
    asked = answered.starting("service:") + unanswered
    limit = profiles.UNANSWERED_SHARE * profile.share_factor
    return Opinion(
        requires=(
            f"{length(profile.alone)} without fall-back, at most {percent(limit)} of the reads "
            "unanswered"
        ),
        points=(
            _at_rung(evidence, "service-alone", profile.alone, now),
            *_reads(evidence, profile, now),
            below(unanswered, asked, limit, "unanswered"),
        ),
        n=asked,
        window=length(profile.quiet),
        as_of=answered.newest,
    )


@gate("H3", "clean")
def clean(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Nobody calls the old path, no rule hides a difference, and the way back was rehearsed."""
    return Opinion(
        requires=(
            f"no expiring rule, old path not called for {length(profile.quiet)}, restore rehearsed"
        ),
        points=(
            _rules(evidence),
            none_of(evidence.old_path_lately.of("called"), "calls of the old path"),
            *_reads(evidence, profile, now),
            drilled_point(evidence, profiles.RESTORE, profile, now),
        ),
        n=evidence.answers_lately.total,
        window=length(profile.quiet),
        as_of=evidence.answers_lately.newest,
    )


def _at_rung(evidence: Evidence, rung: str, wanted: timedelta, now: datetime) -> Point:
    if evidence.rung != rung:
        return unknown(f"at {evidence.rung}, not at {rung}")
    return lasted(evidence.rung_since, wanted, now, f"at {rung}")


def _reads(evidence: Evidence, profile: Profile, now: datetime) -> tuple[Point, ...]:
    """Ask for reads: where nobody asks, nothing can go wrong, and nothing is proved."""
    answers = evidence.answers_lately
    served = answers.starting("service:")
    return (
        enough(served, profile.comparisons, answers, now, "reads served"),
        fresh(answers.newest, profile.newest_within, now, "read"),
    )


def _rollbacks(evidence: Evidence) -> Point:
    if evidence.automatic_rollbacks is None:
        return unknown("nobody counted roll-backs")
    return none_of(evidence.automatic_rollbacks, "automatic roll-backs")


def _rules(evidence: Evidence) -> Point:
    if evidence.live_rules is None:
        return unknown("nobody knows which rules are live")
    names = f": {', '.join(evidence.live_rules)}" if evidence.live_rules else ""
    return none_of(len(evidence.live_rules), f"expiring rules live{names}")
