"""Is the machine that rolls back awake, and proven? The gates of the watch and of the drills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.gates import profiles
from monolith.strangler.gates.judging import Opinion, Point, failed, fresh, gate, passed, unknown
from monolith.strangler.gates.verdicts import Verdict, worst
from monolith.strangler.gates.wording import length

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.gates.facts import Drilled, Evidence
    from monolith.strangler.gates.profiles import Profile


@gate("W1", "watch")
def watch(evidence: Evidence, _profile: Profile, _now: datetime) -> Opinion:
    """The sequential watch looks at every comparison, and has raised no alarm."""
    return Opinion(
        requires="the watch is on and raised no alarm in this epoch",
        points=(_watched(evidence),),
        n=evidence.watched,
        window="this epoch",
    )


@gate("E6", "drilled")
def drilled(evidence: Evidence, profile: Profile, now: datetime) -> Opinion:
    """Faults that were put in on purpose were found, and rolled back, in time."""
    points = tuple(
        drilled_point(evidence, fault, profile, now) for fault in profiles.DRILLED_FAULTS
    )
    known = [drill.at for fault in profiles.DRILLED_FAULTS if (drill := evidence.drill_of(fault))]
    return Opinion(
        requires=(
            f"{', '.join(profiles.DRILLED_FAULTS)}: found within "
            f"{profiles.DETECTED_SECONDS:.0f} s, rolled back within "
            f"{profiles.ROLLED_BACK_SECONDS:.0f} s"
        ),
        points=(_together(points),),
        n=len(known),
        window=length(profile.drilled_within),
        as_of=min(known, default=None),
    )


def drilled_point(evidence: Evidence, fault: str, profile: Profile, now: datetime) -> Point:
    """Ask for a fresh drill of one fault that went as it should."""
    drill = evidence.drill_of(fault)
    if drill is None:
        run = f"run `manage.py strangler drill {evidence.path}`"
        return unknown(f"{fault} never drilled", run)
    if not drill.has_passed or _is_slow(drill):
        return failed(f"the drill of {fault} failed")
    return fresh(drill.at, profile.drilled_within, now, f"drill of {fault}")


def _watched(evidence: Evidence) -> Point:
    if evidence.alarms:
        return failed(f"alarm: {', '.join(evidence.alarms)}")
    if not evidence.watched:
        return unknown("the watch has seen nothing")
    return passed(f"no alarm, {evidence.watched:,} seen")


def _is_slow(drill: Drilled) -> bool:
    if drill.fault == profiles.RESTORE:
        return False
    return not (
        _is_within(drill.detected_seconds, profiles.DETECTED_SECONDS)
        and _is_within(drill.rolled_back_seconds, profiles.ROLLED_BACK_SECONDS)
    )


def _is_within(seconds: float | None, limit: float) -> bool:
    return seconds is not None and seconds <= limit


def _together(points: tuple[Point, ...]) -> Point:
    said = worst(point.verdict for point in points)
    if said is Verdict.PASS:
        return passed(f"all {len(points)} passed")
    missing = [point for point in points if point.verdict is said]
    return Point(
        verdict=said, now="; ".join(point.now for point in missing), needs=missing[0].needs
    )
