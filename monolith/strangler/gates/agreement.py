"""Do the answers agree, harmlessly and fast enough? The gates of the shadow, up to the canary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.counting.statistics import count_above, lower_bound, quantile, upper_bound
from monolith.strangler.gates import profiles
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
    passed,
    unknown,
)
from monolith.strangler.gates.outcomes import bad_of, failed_of, judged_of, overdue_of
from monolith.strangler.gates.wording import length, milliseconds, percent

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.gates.facts import Evidence
    from monolith.strangler.gates.profiles import Profile


@gate("D0", "noise baseline")
def noise_baseline(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """How often the monolith differs from itself is known."""
    noise = evidence.noise
    changed = noise.of("changed")
    points = [enough(noise.total, profile.double_reads, noise, now, "double reads")]
    if noise.total:
        points.append(passed(f"{percent(changed / noise.total)} differ from themselves"))
    return Opinion(
        requires=f"{profile.double_reads:,} double reads of the monolith",
        points=tuple(points),
        n=noise.total,
        bound=upper_bound(changed, noise.total) if noise.total else None,
        window="this code",
        as_of=noise.newest,
    )


@gate("D1", "harmless")
def harmless(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Comparing costs customers nothing, and little of it is left out."""
    own_cost = milliseconds(profiles.OWN_COST_P99)
    return Opinion(
        requires=(
            f"p99 at most {own_cost} more with comparison than without, "
            f"less than {percent(profiles.DROPPED_SHARE)} dropped, for {length(profile.settling)}"
        ),
        points=(
            lasted(evidence.baking_since, profile.settling, now, f"at {evidence.rung}"),
            *_own_cost(evidence, profile, now),
            _dropped(evidence),
        ),
        n=evidence.shadowed_latency.total,
        window="this step",
        as_of=evidence.shadowed_latency.newest,
    )


@gate("E1", "agree")
def agree(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """The share of wrong answers is below the bar for sure, through a busy hour."""
    compared = evidence.compared
    judged = judged_of(compared, evidence.rechecked)
    bad = bad_of(compared, evidence.rechecked)
    points = [
        fresh(evidence.compared_in_epoch.newest, profile.newest_within, now, "comparison"),
        bounded(
            bad,
            judged,
            wanted=profile.comparisons,
            bound=profile.wrong_bound,
            counts=compared,
            now=now,
            what="comparisons",
        ),
        *_peak(evidence, profile),
    ]
    return Opinion(
        requires=(
            f"{profile.comparisons:,} comparisons, at most {percent(profile.wrong_bound)} "
            f"wrong (95 %){', one peak' if profile.needs_peak else ''}"
        ),
        points=tuple(points),
        n=judged,
        bound=upper_bound(bad, judged) if judged else None,
        window=length(profile.comparison_window),
        as_of=evidence.compared_in_epoch.newest,
    )


@gate("E2", "nothing severe", can_be_waived=False)
def nothing_severe(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """No leak, nothing extra, and nothing that nobody has explained."""
    compared = evidence.compared_in_epoch
    judged = judged_of(compared, evidence.rechecked)
    wanted = _comparisons_at(evidence, profile)
    return Opinion(
        requires=f"no leak, nothing extra, no open signature; {wanted:,} comparisons",
        points=(
            none_of(compared.of("leak"), "leaks"),
            none_of(compared.of("extra"), "with something extra"),
            _open_signatures(evidence),
            fresh(compared.newest, profile.newest_within, now, "comparison"),
            enough(judged, wanted, compared, now, "comparisons"),
        ),
        n=judged,
        window="this epoch",
        as_of=compared.newest,
    )


@gate("E3", "fresh")
def heals_soon(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """What is behind catches up, soon and always."""
    compared, rechecked = evidence.compared, evidence.rechecked
    judged = judged_of(compared, rechecked)
    slowest = milliseconds(_slowest_healing(profile))
    return Opinion(
        requires=f"stale answers heal within {slowest} (p99), all of them",
        points=(
            fresh(evidence.compared_in_epoch.newest, profile.newest_within, now, "comparison"),
            none_of(overdue_of(compared, rechecked), "overdue"),
            enough(judged, profile.comparisons, compared, now, "comparisons"),
            *_healing(evidence, profile),
        ),
        n=judged,
        window=length(profile.comparison_window),
        as_of=evidence.compared_in_epoch.newest,
    )


@gate("E4", "covered")
def covered(evidence: Evidence, profile: Profile, _now: datetime) -> Opinion:
    """Every shape of request was compared, live or replayed."""
    shapes = evidence.shapes
    thin = [shape for shape in evidence.declared_shapes if shapes.of(shape) < profile.per_shape]
    return Opinion(
        requires=f"{profile.per_shape} comparisons of every declared shape",
        points=(_covered(evidence, thin),),
        n=min((shapes.of(shape) for shape in evidence.declared_shapes), default=0),
        window="this epoch",
        as_of=shapes.newest,
    )


@gate("E5", "fast")
def fast(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """The service is as fast as the monolith, and fails as seldom as it must."""
    limit = profiles.FAILED_SHARE * profile.share_factor
    attempts = evidence.compared.total - evidence.compared.of("dropped", "noise")
    return Opinion(
        requires=(
            f"p95 at most {profile.slower_than_monolith:g} x the monolith's and "
            f"{milliseconds(_slowest(profiles.SERVICE_P95, evidence, profile))}, p99 at most "
            f"{milliseconds(_slowest(profiles.SERVICE_P99, evidence, profile))}, "
            f"at most {percent(limit)} failed"
        ),
        points=(
            fresh(evidence.compared_in_epoch.newest, profile.newest_within, now, "comparison"),
            *_speed(evidence, profile, now),
            enough(attempts, profile.comparisons, evidence.compared, now, "attempts"),
            below(failed_of(evidence.compared), attempts, limit, "failed"),
        ),
        n=attempts,
        window=length(profile.comparison_window),
        as_of=evidence.compared_in_epoch.newest,
    )


def _own_cost(evidence: Evidence, profile: Profile, now: datetime) -> tuple[Point, ...]:
    """Compare tails by counting: a p99 of few reads is a single read, and says nothing.

    The p99 grows by more than the limit if more than 1 % lie further out than the other's p99 and
    the limit. That is asked of the counts, so that chance is not taken for harm.
    """
    shadowed, plain = evidence.shadowed_latency, evidence.plain_latency
    counted = (
        enough(shadowed.total, profile.timed_reads, shadowed, now, "reads with comparison"),
        enough(plain.total, profile.timed_reads, plain, now, "reads without"),
    )
    if not all(point.verdict.lets_pass for point in counted):
        return counted
    limit = quantile(plain.buckets(), 1 - profiles.TAIL) + profiles.OWN_COST_P99
    above = count_above(shadowed.buckets(), limit)
    is_slower = lower_bound(above, shadowed.total) > profiles.TAIL
    said = f"{percent(above / shadowed.total)} take more than {milliseconds(limit)}"
    return (*counted, met(not is_slower, said))


def _dropped(evidence: Evidence) -> Point:
    compared = evidence.compared_in_epoch
    dropped = max(evidence.dropped.total, compared.of("dropped"))
    drawn = compared.total - compared.of("dropped") + dropped
    return below(dropped, drawn, profiles.DROPPED_SHARE, "dropped")


def _peak(evidence: Evidence, profile: Profile) -> tuple[Point, ...]:
    if not profile.needs_peak:
        return ()
    if not evidence.busiest_hour or not evidence.peak_hour:
        return (unknown("no busy hour known"),)
    said = f"busiest hour {evidence.busiest_hour:,} reads of {evidence.peak_hour:,} at the peak"
    if evidence.busiest_hour >= profiles.PEAK_SHARE * evidence.peak_hour:
        return (passed(said),)
    return (unknown(said, "needs an hour as busy as half the week's busiest"),)


def _comparisons_at(evidence: Evidence, profile: Profile) -> int:
    """How many comparisons a rung can be asked for: where the service answers, few are verified."""
    if evidence.rung in {"service", "service-alone"}:
        return profile.bakes["canary-1"].verified
    bake = profile.bakes.get(evidence.rung)
    return min(bake.verified, profile.comparisons) if bake else profile.comparisons


def _open_signatures(evidence: Evidence) -> Point:
    if evidence.open_signatures is None:
        return unknown("nobody knows what is unexplained")
    return none_of(evidence.open_signatures, "signatures open")


def _slowest_healing(profile: Profile) -> float:
    return profiles.STALE_P99 * profile.slowness_factor


def _healing(evidence: Evidence, profile: Profile) -> tuple[Point, ...]:
    stale = evidence.compared.of("stale")
    if not stale:
        return (passed("nothing was stale"),)
    waiting = stale - evidence.rechecked.of("healed", "overdue")
    if waiting > max(5, stale // 10):
        return (unknown(f"{waiting:,} of {stale:,} stale answers not looked at again"),)
    buckets = evidence.staleness.buckets()
    if not buckets:
        return (unknown(f"{stale:,} stale, nobody timed them"),)
    p99 = quantile(buckets, 0.99)
    return (met(p99 <= _slowest_healing(profile), f"healed p99 {milliseconds(p99)}"),)


def _covered(evidence: Evidence, thin: list[str]) -> Point:
    if not evidence.declared_shapes:
        return unknown("no request shapes are declared", "needs the path to declare its shapes")
    if not thin:
        return passed(f"all {len(evidence.declared_shapes)} shapes")
    return unknown(
        f"too few of {', '.join(thin)}",
        f"run `manage.py strangler replay {evidence.path} --shapes missing`",
    )


def _speed(evidence: Evidence, profile: Profile, now: datetime) -> tuple[Point, ...]:
    service, monolith = evidence.service_latency, evidence.monolith_latency
    counted = (
        enough(service.total, profile.timed_reads, service, now, "reads of the service"),
        enough(monolith.total, profile.timed_reads, monolith, now, "reads of the monolith"),
    )
    if not all(point.verdict.lets_pass for point in counted):
        return counted
    return (*counted, *_within_limits(evidence, profile))


def _within_limits(evidence: Evidence, profile: Profile) -> tuple[Point, ...]:
    service, monolith = evidence.service_latency, evidence.monolith_latency
    p95, theirs = quantile(service.buckets(), 0.95), quantile(monolith.buckets(), 0.95)
    p99 = quantile(service.buckets(), 0.99)
    slowest_p95, slowest_p99 = (
        _slowest(limit, evidence, profile) for limit in (profiles.SERVICE_P95, profiles.SERVICE_P99)
    )
    limit = min(slowest_p95, profile.slower_than_monolith * theirs)
    return (
        met(p95 <= limit, f"p95 {milliseconds(p95)} | {milliseconds(theirs)}"),
        met(p99 <= slowest_p99, f"p99 {milliseconds(p99)}"),
    )


def _slowest(limit: float, evidence: Evidence, profile: Profile) -> float:
    return limit * profile.slowness_factor * evidence.times_as_patient
