"""May the service be filled, and is it? The gates before backfill and before the first shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.counting.statistics import quantile
from monolith.strangler.gates import profiles
from monolith.strangler.gates.judging import (
    Opinion,
    Point,
    enough,
    failed,
    fresh,
    gate,
    met,
    none_of,
    passed,
    unknown,
)
from monolith.strangler.gates.wording import length, milliseconds

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from monolith.strangler.gates.facts import Evidence
    from monolith.strangler.gates.profiles import Profile

_AGREED = {"match", "match-norm", "healed"}
_UNDECIDED = {"error", "timeout", "unsettled", "dropped", "noise"}


@gate("B1", "contract")
def contract(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """The pair that is deployed speaks the contract: both sides, asked at this code."""
    requires = f"both sides keep the contract for {profile.checked_keys} keys, at this code"
    return _checked(evidence, profile, now, "contract", requires)


@gate("B2", "stream")
def stream(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Events flow, and none was given up."""
    most_lag = milliseconds(_most_lag(profile))
    requires = f"every shard relayed, nothing parked or dead, lag p99 < {most_lag}"
    return _flowing(evidence, profile, now, requires, (_parked(evidence), _dead(evidence)))


@gate("B3", "plan")
def plan(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Somebody wrote down what will happen."""
    point = fresh(evidence.planned_at, profile.plan_window, now, "plan")
    run = f"run `manage.py strangler plan {evidence.path} --to backfill`"
    return Opinion(
        requires=f"a plan of the last {length(profile.plan_window)}",
        points=(_with_way_out(point, run),),
        window=length(profile.plan_window),
        as_of=evidence.planned_at,
    )


@gate("B4", "idempotent")
def idempotent(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """What arrives twice, and in any order of streams, changes nothing."""
    requires = f"{profile.checked_keys} keys sent twice, shuffled, leave the same answers"
    return _checked(evidence, profile, now, "idempotent", requires)


@gate("C1", "copied")
def copied(evidence: Evidence, _profile: Profile, _now: datetime) -> Opinion:
    """Every key was sent."""
    filling = evidence.filling
    return Opinion(
        requires="every key sent, none skipped",
        points=(_copied(evidence),),
        n=filling.keys_done if filling else None,
        as_of=filling.finished_at if filling else None,
    )


@gate("C2", "reconciled")
def reconciled(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Every key was compared, and agrees."""
    return reconciliation(evidence, profile.reconciled_within, now)


@gate("C3", "caught up")
def caught_up(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """The service keeps up, on all shards and not only on those that have something to say."""
    requires = f"every registered shard relayed, lag p99 < {milliseconds(_most_lag(profile))}"
    return _flowing(evidence, profile, now, requires, ())


def reconciliation(evidence: Evidence, within: timedelta, now: datetime) -> Opinion:
    """Ask for a complete comparison of this code that is fresh and found nothing."""
    found = evidence.reconciled
    return Opinion(
        requires=f"every key compared in the last {length(within)}, none differs",
        points=_reconciled(evidence, within, now),
        n=found.keys if found else None,
        window=length(within),
        as_of=found.finished_at if found else None,
    )


def _checked(
    evidence: Evidence, profile: Profile, now: datetime, check: str, requires: str
) -> Opinion:
    checks = evidence.checks
    good, broken = checks.of(check), checks.of(f"{check}-broken")
    run = f"run `manage.py strangler gates {evidence.path} --check`"
    points = (
        none_of(broken, "keys broke it"),
        enough(good, profile.checked_keys, checks, now, "keys keep it"),
    )
    return Opinion(
        requires=requires,
        points=tuple(_with_way_out(point, run) for point in points),
        n=good + broken,
        window="this code",
        as_of=checks.newest,
    )


def _with_way_out(point: Point, run: str) -> Point:
    if point.verdict.lets_pass:
        return point
    return Point(verdict=point.verdict, now=point.now, needs=run)


def _flowing(
    evidence: Evidence, profile: Profile, now: datetime, requires: str, more: tuple[Point, ...]
) -> Opinion:
    return Opinion(
        requires=requires,
        points=(_relayed(evidence), *more, *_lag(evidence, profile, now)),
        n=evidence.lag.total,
        window=length(profile.lag_window),
        as_of=evidence.lag.newest,
    )


def _relayed(evidence: Evidence) -> Point:
    if evidence.relaying is None:
        return unknown("nobody knows who relays")
    is_complete = evidence.relaying.is_complete
    return met(is_complete, "every shard relayed" if is_complete else "shards without a relay")


def _parked(evidence: Evidence) -> Point:
    if evidence.relaying is None:
        return unknown("nobody knows what is parked")
    return none_of(evidence.relaying.parked, "streams parked")


def _dead(evidence: Evidence) -> Point:
    if not evidence.dead_letters.total:
        return unknown("nobody looked for dead letters", "needs a look at the dead letters")
    return none_of(evidence.dead_letters.of("some"), "looks found dead letters")


def _lag(evidence: Evidence, profile: Profile, now: datetime) -> tuple[Point, ...]:
    heard = evidence.lag.total
    counted = enough(heard, profile.beats, evidence.lag, now, "heartbeats")
    beating = _beating(evidence, now)
    if not counted.verdict.lets_pass:
        return counted, beating
    p99 = quantile(evidence.lag.buckets(), 0.99)
    return counted, beating, met(p99 < _most_lag(profile), f"lag p99 {milliseconds(p99)}")


def _most_lag(profile: Profile) -> float:
    return profiles.LAG_P99 * profile.slowness_factor


def _beating(evidence: Evidence, now: datetime) -> Point:
    if evidence.beat_at is None:
        return unknown("no heartbeat ever arrived")
    silent = now - evidence.beat_at
    is_lost = silent.total_seconds() > profiles.HEARTBEAT_LOST_SECONDS
    return met(not is_lost, f"last heartbeat sent {length(silent)} ago")


def _copied(evidence: Evidence) -> Point:
    filling = evidence.filling
    if filling is None:
        return unknown("no backfill yet", f"run `manage.py strangler backfill {evidence.path}`")
    expected = max(filling.keys_expected or 0, filling.keys_done)
    if filling.finished_at is None:
        return unknown(f"{filling.keys_done:,} keys sent so far", "needs the backfill to finish")
    if not filling.keys_done:
        return unknown("the backfill found no key")
    return met(filling.keys_done >= expected, f"{filling.keys_done:,} of {expected:,} keys sent")


def _reconciled(evidence: Evidence, within: timedelta, now: datetime) -> tuple[Point, ...]:
    found = evidence.reconciled
    run = f"run `manage.py strangler reconcile {evidence.path}`"
    if found is None or not found.keys:
        return (unknown("no complete comparison of every key", run),)
    if not found.is_of_this_code:
        return (unknown("compared before the code changed", run),)
    return (fresh(found.finished_at, within, now, "reconciliation"), _differing(evidence, run))


def _differing(evidence: Evidence, run: str) -> Point:
    counts = evidence.reconciled.counts if evidence.reconciled else {}
    undecided = sum(count for final, count in counts.items() if final in _UNDECIDED)
    differing = sum(count for final, count in counts.items() if final not in _AGREED | _UNDECIDED)
    if differing:
        return failed(f"{differing:,} keys differ")
    if undecided:
        return unknown(f"{undecided:,} keys undecided", run)
    return passed("no key differs")
