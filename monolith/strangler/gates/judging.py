"""What gates are made of: points, each with a verdict of its own; the worst one is the gate's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler.counting.statistics import lower_bound, samples_needed, upper_bound
from monolith.strangler.gates.verdicts import GateResult, Verdict, worst
from monolith.strangler.gates.wording import length, percent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monolith.strangler.gates.facts import Counts, Evidence
    from monolith.strangler.gates.profiles import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that a gate asks for, and how it stands."""

    verdict: Verdict
    now: str
    needs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a gate found: its points, and the figures that they rest on."""

    requires: str
    points: tuple[Point, ...]
    n: int | None = None
    bound: float | None = None
    window: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate: who it is, and how it judges evidence. Called, it gives its result."""

    id: str
    name: str
    judge: Callable[[Evidence, Profile, datetime], Opinion]
    is_dry_run: bool = False
    can_be_waived: bool = True

    def __call__(self, evidence: Evidence, profile: Profile, now: datetime) -> GateResult:
        """Judge evidence, as of now."""
        opinion = self.judge(evidence, profile, now)
        return GateResult(
            gate=self.id,
            name=self.name,
            requires=opinion.requires,
            now="; ".join(point.now for point in opinion.points),
            verdict=worst(point.verdict for point in opinion.points),
            n=opinion.n,
            bound=opinion.bound,
            needs="; ".join(point.needs for point in opinion.points if point.needs),
            window=opinion.window,
            as_of=opinion.as_of,
            is_dry_run=self.is_dry_run,
            can_be_waived=self.can_be_waived,
        )


def gate(
    identifier: str, name: str, *, is_dry_run: bool = False, can_be_waived: bool = True
) -> Callable[[Callable[[Evidence, Profile, datetime], Opinion]], Gate]:
    """Make a gate of a function that judges."""

    def made(judge: Callable[[Evidence, Profile, datetime], Opinion]) -> Gate:
        return Gate(
            id=identifier,
            name=name,
            judge=judge,
            is_dry_run=is_dry_run,
            can_be_waived=can_be_waived,
        )

    return made


def passed(now: str) -> Point:
    """Return a point that is met."""
    return Point(verdict=Verdict.PASS, now=now)


def failed(now: str, needs: str = "") -> Point:
    """Return a point that is not met."""
    return Point(verdict=Verdict.FAIL, now=now, needs=needs)


def unknown(now: str, needs: str = "") -> Point:
    """Return a point about which too little is known."""
    return Point(verdict=Verdict.INCONCLUSIVE, now=now, needs=needs)


def met(is_met: bool, now: str, needs: str = "") -> Point:  # noqa: FBT001 - the question itself
    """Return a point that is met, or not."""
    return passed(now) if is_met else failed(now, needs)


def none_of(count: int, what: str) -> Point:
    """Ask that there be none: known at once, however few were looked at."""
    return met(count == 0, f"{count:,} {what}")


def fresh(newest: datetime | None, within: timedelta, now: datetime, what: str) -> Point:
    """Ask for something that is not older than `within`."""
    if newest is None:
        return unknown(f"no {what} yet")
    age = now - newest
    if age > within:
        return Point(
            verdict=Verdict.STALE,
            now=f"last {what} {length(age)} ago",
            needs=f"needs a {what} of the last {length(within)}",
        )
    return passed(f"last {what} {length(max(age, timedelta(0)))} ago")


def enough(n: int, wanted: int, counts: Counts, now: datetime, what: str) -> Point:
    """Ask for a number of samples."""
    if n >= wanted:
        return passed(f"{n:,} {what}")
    return unknown(f"{n:,} of {wanted:,} {what}", _more(wanted - n, n, counts, now, what))


def lasted(since: datetime | None, wanted: timedelta, now: datetime, what: str) -> Point:
    """Ask that something have lasted."""
    if since is None:
        return unknown(f"nobody knows since when {what}")
    if now - since >= wanted:
        return passed(f"{what} for {length(now - since)}")
    left = wanted - (now - since)
    return unknown(f"{what} for {length(now - since)}", f"needs {length(left)} more")


def bounded(
    bad: int, n: int, *, wanted: int, bound: float, counts: Counts, now: datetime, what: str
) -> Point:
    """Ask for samples that rule out a share of bad ones above `bound`, at 95 %."""
    if lower_bound(bad, n) > bound:
        return failed(f"{bad:,} bad of {n:,}: more than {percent(bound)} for sure (95 %)")
    said = f"{bad:,} bad of {n:,}"
    if n >= wanted and upper_bound(bad, n) <= bound:
        return passed(said)
    more = max(wanted, samples_needed(bad, bound)) - n
    return unknown(said, _more(more, n, counts, now, f"{what}, none of them bad"))


def below(share_bad: int, n: int, limit: float, what: str) -> Point:
    """Ask that a share lie within a limit, once there are enough samples to speak of one."""
    if n == 0:
        return unknown(f"share {what} unknown")
    return met(share_bad <= limit * n, f"{percent(share_bad / n)} {what} (limit {percent(limit)})")


def _more(more: int, n: int, counts: Counts, now: datetime, what: str) -> str:
    hours = (now - counts.since).total_seconds() / 3_600 if counts.since else 0
    if n <= 0 or hours <= 0:
        return f"needs {more:,} more {what}; none arrive at present"
    about = timedelta(hours=more / (n / hours))
    return f"needs {more:,} more {what}, about {length(about)} at the current rate"
