"""Does the service stand its share of the customers? The gates between the canary's steps."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from monolith.strangler.counting.statistics import least_excess, upper_bound
from monolith.strangler.deciding.ladder import WHOLE
from monolith.strangler.gates import profiles
from monolith.strangler.gates.facts import Counts
from monolith.strangler.gates.filling import reconciliation
from monolith.strangler.gates.judging import (
    Opinion,
    Point,
    below,
    bounded,
    enough,
    fresh,
    gate,
    lasted,
    met,
    none_of,
    unknown,
)
from monolith.strangler.gates.outcomes import bad_of, failed_of, judged_of, overdue_of
from monolith.strangler.gates.wording import length, percent

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.gates.facts import Evidence
    from monolith.strangler.gates.profiles import Profile

_STEP = "this step"
_NOTHING = Counts()


@gate("F1", "baked")
def baked(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """The step has lasted, and carried enough reads."""
    bake = profile.bakes.get(evidence.rung)
    if bake is None:
        return _no_canary(evidence)
    served = _served(evidence)
    return Opinion(
        requires=f"{length(bake.lasts)} at {evidence.rung}, {bake.reads:,} reads served",
        points=(
            lasted(evidence.baking_since, bake.lasts, now, f"at {evidence.rung}"),
            enough(served, bake.reads, evidence.answers, now, "reads served"),
            fresh(evidence.answers.newest, profile.newest_within, now, "read"),
        ),
        n=served,
        window=_STEP,
        as_of=evidence.answers.newest,
    )


@gate("F2", "falls back seldom")
def falls_back_seldom(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Customers of the canary seldom need the monolith, and no more than the others would."""
    bake = profile.bakes.get(evidence.rung)
    if bake is None:
        return _no_canary(evidence)
    limit = profiles.FALLBACK_SHARE * profile.share_factor
    fell, reads = _fallbacks(evidence), _canary_reads(evidence)
    return Opinion(
        requires=(
            f"at most {percent(limit)} fall back, and not shown (95 %) to be more than "
            f"{percent(profile.fallback_excess)} above the control"
        ),
        points=(
            enough(reads, bake.reads, evidence.answers, now, "reads of the canary"),
            below(fell, reads, limit, "fell back"),
            _beside_control(evidence, profile, fell=fell, reads=reads),
        ),
        n=reads,
        bound=upper_bound(fell, reads) if reads else None,
        window=_STEP,
        as_of=evidence.answers.newest,
    )


@gate("F3", "verified")
def verified(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """What customers were shown was right."""
    bake = profile.bakes.get(evidence.rung)
    if bake is None:
        return _no_canary(evidence)
    bad, judged = bad_of(evidence.verified, _NOTHING), judged_of(evidence.verified, _NOTHING)
    return Opinion(
        requires=(
            f"{bake.verified:,} shown answers verified, at most {percent(bake.wrong_bound)} "
            "wrong (95 %), the other cohort still compared"
        ),
        points=(
            bounded(
                bad,
                judged,
                wanted=bake.verified,
                bound=bake.wrong_bound,
                counts=evidence.verified,
                now=now,
                what="verified reads",
            ),
            none_of(overdue_of(evidence.compared_in_epoch, evidence.rechecked), "overdue"),
            fresh(evidence.verified.newest, profile.newest_within, now, "verified read"),
            _other_cohort(evidence),
        ),
        n=judged,
        bound=upper_bound(bad, judged) if judged else None,
        window=_STEP,
        as_of=evidence.verified.newest,
    )


@gate("F4", "own writes")
def own_writes(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Nobody misses what they have just written, and few must wait for the monolith to see it."""
    writes, reads = evidence.own_writes, _canary_reads(evidence)
    limit = profiles.OWN_WRITE_FALLBACK_SHARE * profile.share_factor
    return Opinion(
        requires=f"none violated; at most {percent(limit)} of the reads fall back for it",
        points=(
            none_of(writes.of("violated"), "violated"),
            enough(writes.total, profile.own_writes, writes, now, "reads after own writes"),
            below(writes.of("fell-back"), reads, limit, "fell back for own writes"),
        ),
        n=writes.total,
        window=_STEP,
        as_of=writes.newest,
    )


@gate("F5", "business", is_dry_run=True)
def business(evidence: Evidence, _profile: Profile, _now: datetime) -> Opinion:
    """Customers of the canary buy as much as the others: shown, and blocking nothing."""
    return Opinion(
        requires="orders a visit not shown (95 %) to drop",
        points=(_business(evidence),),
        n=evidence.business.visits if evidence.business else None,
        window=_STEP,
    )


@gate("G1", "whole")
def whole(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Before everybody is let in, everything was compared once more. Approvals: the plan counts."""
    return reconciliation(evidence, profile.reconciled_within, now)


def _no_canary(evidence: Evidence) -> Opinion:
    return Opinion(
        requires="a step of the canary", points=(unknown(f"at {evidence.rung}: no canary yet"),)
    )


def _served(evidence: Evidence) -> int:
    return evidence.answers.starting("service:")


def _fallbacks(evidence: Evidence) -> int:
    """Count fall-backs; an open breaker turns everybody away, the canary's share of it counts."""
    turned_away = evidence.answers.of("monolith:breaker-open") * evidence.canary_bp / WHOLE
    return evidence.answers.starting("monolith:fallback:") + ceil(turned_away)


def _canary_reads(evidence: Evidence) -> int:
    own_writes = evidence.answers.of("monolith:read-your-writes")
    return _served(evidence) + _fallbacks(evidence) + own_writes


def _control(evidence: Evidence) -> tuple[int, int]:
    """Return failed and all dark reads of customers whom the monolith answers."""
    compared, shown = evidence.compared_in_epoch, evidence.verified
    attempts = compared.total - compared.of("dropped") - shown.total + shown.of("dropped")
    return max(0, failed_of(compared) - failed_of(shown)), max(0, attempts)


def _beside_control(evidence: Evidence, profile: Profile, *, fell: int, reads: int) -> Point:
    control_failed, control_reads = _control(evidence)
    if not reads or not control_reads:
        return unknown("no dark reads to compare with", "needs the other cohort to be compared")
    excess = least_excess(fell, reads, control_bad=control_failed, control_n=control_reads)
    return met(
        excess <= profile.fallback_excess,
        f"control {percent(control_failed / control_reads)} of {control_reads:,}",
    )


def _other_cohort(evidence: Evidence) -> Point:
    _, control_reads = _control(evidence)
    if not control_reads:
        return unknown("the other cohort is not compared")
    return met(is_met=True, now=f"{control_reads:,} of the other cohort compared")


def _business(evidence: Evidence) -> Point:
    seen = evidence.business
    if seen is None or not seen.visits or not seen.control_visits:
        return unknown("nobody counts visits and orders by cohort")
    drop = least_excess(
        seen.control_orders,
        seen.control_visits,
        control_bad=seen.orders,
        control_n=seen.visits,
    )
    shares = seen.orders / seen.visits, seen.control_orders / seen.control_visits
    return met(drop <= 0, f"{percent(shares[0])} order, {percent(shares[1])} of the others")
