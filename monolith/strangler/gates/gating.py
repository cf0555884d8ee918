"""May a path climb? Gathers evidence, asks the gates, and keeps what they said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from monolith.strangler.counting.slowness import TIMES_USUAL
from monolith.strangler.deciding import ladder
from monolith.strangler.gates import edges, evidence
from monolith.strangler.gates.profiles import profile_called
from monolith.strangler.gates.verdicts import Verdict, overall
from monolith.strangler.gates.wording import length
from monolith.strangler.models import GateEvaluation, Waiver

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.deciding.ladder import Rung
    from monolith.strangler.gates.facts import Evidence
    from monolith.strangler.gates.profiles import Profile
    from monolith.strangler.gates.verdicts import GateResult

# A row of passes is three: whoever looks every second leaves more, and they all lie close by.
_MOST_EVALUATIONS = 2_000


class NothingAbove(Exception):
    """The path stands on the highest rung."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is retired: no rung lies above it")


class GatesMissing(Exception):
    """Nobody needs to earn this rung."""

    def __init__(self, rung: str) -> None:
        super().__init__(f"no gates stand before {rung}: to go down, roll back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What the gates before a rung said at one moment; `id` is that of the kept evaluation."""

    id: int
    path: str
    rung: str
    epoch: int
    profile: str
    verdict: Verdict
    results: tuple[GateResult, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether a path may enter a rung. `reasons` say in words what stands against it.

    Approvals are not counted here: they belong to a plan, not to evidence.
    """

    is_given: bool
    reasons: tuple[str, ...]
    passes: int
    evaluated: Evaluated


def current_profile() -> Profile:
    """Return the profile that the setting `STRANGLER_PROFILE` names; without one, standard.

    Raises:
        UnknownProfile: there is none of this name.
    """
    return profile_called(getattr(settings, "STRANGLER_PROFILE", "standard"))


def most_times_usual() -> float:
    """Return how many times its usual p95 the monolith may take before what can wait gives way."""
    return TIMES_USUAL * current_profile().slowness_factor


def evaluate(path: str, *, at: datetime, to: str | None = None) -> Evaluated:
    """Ask the gates before a rung, by default the next one, and keep what they said.

    The evidence is that of the latest epoch: whoever suspects that code changed since opens a new
    one first (`epochs`).

    Raises:
        PathNotDeclared: there is no such path.
        UnknownRung: `to` is no rung.
        NothingAbove: there is no next rung.
        GatesMissing: no gates stand before the rung.
    """
    profile = current_profile()
    gathered = evidence.gather(path, at=at, profile=profile)
    rung = _target(gathered, to)
    waivers = find_waivers(path, at=at)
    results = edges.judge(gathered, profile, at, rung=rung.name, waivers=waivers)
    return _keep(gathered, rung, profile, results, at)


def passes_in_a_row(path: str, rung: str, epoch: int, profile: Profile) -> int:
    """Count the latest evaluations that passed without another between, in one epoch and profile.

    Evaluations closer together than the profile's interval count once; a longer gap than it
    allows ends the row.
    """
    newest_first = GateEvaluation.objects.filter(path=path, rung=rung).order_by("-at", "-pk")
    kept = newest_first.values_list("epoch", "profile", "verdict", "at")[:_MOST_EVALUATIONS]
    passes, counted, seen = 0, None, None
    for its_epoch, its_profile, verdict, at in kept:
        if (its_epoch, its_profile, verdict) != (epoch, profile.name, Verdict.PASS):
            break
        if seen is not None and seen - at > profile.longest_gap:
            break
        seen = at
        if counted is None or counted - at >= profile.between_passes:
            passes, counted = passes + 1, at
    return passes


def may_advance(path: str, *, at: datetime, to: str | None = None) -> Permission:
    """Evaluate now, and tell whether the path may enter a rung, by default the next one.

    Raises:
        PathNotDeclared, UnknownRung, NothingAbove, GatesMissing: see `evaluate`.
    """
    profile = current_profile()
    evaluated = evaluate(path, at=at, to=to)
    passes = passes_in_a_row(path, evaluated.rung, evaluated.epoch, profile)
    reasons = (*_objections(evaluated), *_too_few(passes, evaluated, profile))
    return Permission(is_given=not reasons, reasons=reasons, passes=passes, evaluated=evaluated)


def find_latest(path: str, rung: str) -> GateEvaluation | None:
    """Return what the gates before a rung said last, or None if nobody asked yet."""
    return GateEvaluation.objects.filter(path=path, rung=rung).order_by("-at", "-pk").first()


def evaluated_at(path: str, rung: str) -> datetime | None:
    """Return when the gates before a rung were asked last, or None if nobody asked yet."""
    rows = GateEvaluation.objects.filter(path=path, rung=rung).order_by("-at", "-pk")
    return rows.values_list("at", flat=True).first()


def find_waivers(path: str, *, at: datetime) -> dict[str, str]:
    """Return the waivers in force, by gate: who asked, who allowed it, why, and until when."""
    waivers = Waiver.objects.filter(path=path, at__lte=at, expires_at__gt=at).order_by("at", "pk")
    return {
        waiver.gate: (
            f"{waiver.requested_by}, allowed by {waiver.approved_by} until "
            f"{waiver.expires_at:%Y-%m-%d %H:%M} UTC: {waiver.reason}"
        )
        for waiver in waivers
    }


def _target(gathered: Evidence, to: str | None) -> Rung:
    present = ladder.rung_called(gathered.rung)
    rung = ladder.rung_above(present) if to is None else ladder.rung_called(to)
    if rung is None:
        raise NothingAbove(gathered.path)
    if not edges.gates_before(rung.name):
        raise GatesMissing(rung.name)
    return rung


def _keep(
    gathered: Evidence,
    rung: Rung,
    profile: Profile,
    results: tuple[GateResult, ...],
    at: datetime,
) -> Evaluated:
    kept = GateEvaluation.objects.create(
        path=gathered.path,
        epoch=gathered.epoch,
        rung=rung.name,
        profile=profile.name,
        verdict=overall(results),
        results=[result.as_facts() for result in results],
        at=at,
    )
    return Evaluated(
        id=kept.pk,
        path=gathered.path,
        rung=rung.name,
        epoch=gathered.epoch,
        profile=profile.name,
        verdict=overall(results),
        results=results,
        at=at,
    )


def _objections(evaluated: Evaluated) -> tuple[str, ...]:
    return tuple(
        f"{result.gate} {result.name} {result.verdict.upper()}: {result.needs or result.now}"
        for result in evaluated.results
        if not result.verdict.lets_pass and not result.is_dry_run
    )


def _too_few(passes: int, evaluated: Evaluated, profile: Profile) -> tuple[str, ...]:
    if evaluated.verdict is not Verdict.PASS or passes >= profile.passes:
        return ()
    apart = length(profile.between_passes)
    return (f"passed {passes} of {profile.passes} times in a row: evaluate again, {apart} apart",)
