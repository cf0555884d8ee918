"""Sequential tests that run for as long as a path moves, and what each of them does when it alarms.

A watch never waits for enough samples: every read moves it, and it alarms when what it has seen is
far likelier under "broken" than under "as it should be" (docs/strangler/statistics.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monolith.strangler.counting.statistics import ERRORS, STALE, WRONG, Cusum
from monolith.strangler.models import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Answer(StrEnum):
    """What an alarm does."""

    STEP_DOWN = "step down"  # one rung; the second time within an hour, down to shadow
    FREEZE = "freeze"  # the monolith, and nothing more until somebody has looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchman:
    """One kind of watch: how it counts, what its alarm does, and what it looks out for."""

    cusum: Cusum | None
    hits: int = 0
    answer: Answer
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A watch that has seen enough."""

    path: str
    watch: str
    answer: Answer
    seen: int
    bad: int
    score: float
    told: str

    def __str__(self) -> str:
        return self.told


WATCHMEN = {
    "wrong": Watchman(
        cusum=WRONG,
        answer=Answer.STEP_DOWN,
        meaning="the service's answers are wrong",
    ),
    "errors": Watchman(
        cusum=ERRORS,
        answer=Answer.STEP_DOWN,
        meaning="the service does not answer, or too late",
    ),
    "stale": Watchman(
        cusum=STALE,
        answer=Answer.STEP_DOWN,
        meaning="the service lags behind what customers wrote",
    ),
    "lost": Watchman(
        cusum=None,
        hits=1,
        answer=Answer.STEP_DOWN,
        meaning="an event has not arrived that later ones have overtaken",
    ),
    "leak": Watchman(
        cusum=None, hits=1, answer=Answer.FREEZE, meaning="another customer's rows were answered"
    ),
    "extra": Watchman(
        cusum=None, hits=2, answer=Answer.FREEZE, meaning="rows that do not exist were answered"
    ),
    "own-writes": Watchman(
        cusum=None, hits=1, answer=Answer.FREEZE, meaning="a customer was not shown their own write"
    ),
}


def look(path: str, name: str, observations: Sequence[bool], *, at: datetime) -> Alarm | None:
    """Move a watch on by what was observed, in its order; return its alarm, if it raises one.

    Inside a transaction: the watch is locked until its end, so no observation is lost.
    A watch that alarmed begins anew.
    """
    watch = _locked(path, name, at)
    watchman = WATCHMEN[name]
    for is_bad in observations:
        _observe(watch, watchman, is_bad, at)
        if _has_alarmed(watch, watchman):
            return _alarm(watch, watchman, at)
    watch.save()
    return None


def begin_anew(path: str, at: datetime) -> None:
    """Forget what the watches of a path have seen: another rung is in force."""
    Watch.objects.filter(path=path).update(score=0, seen=0, bad=0, since=at)


def _locked(path: str, name: str, at: datetime) -> Watch:
    Watch.objects.bulk_create([Watch(path=path, name=name, since=at)], ignore_conflicts=True)
    return Watch.objects.select_for_update().get(path=path, name=name)


def _observe(watch: Watch, watchman: Watchman, is_bad: bool, at: datetime) -> None:  # noqa: FBT001
    watch.seen += 1
    watch.bad += is_bad
    if watchman.cusum is None:
        watch.score = watch.bad
        return
    watch.score = watchman.cusum.advance(watch.score, is_bad)
    if watch.score == 0:
        watch.seen, watch.bad, watch.since = 0, 0, at


def _has_alarmed(watch: Watch, watchman: Watchman) -> bool:
    if watchman.cusum is None:
        return watch.bad >= watchman.hits
    return watchman.cusum.has_alarmed(watch.score)


def _alarm(watch: Watch, watchman: Watchman, at: datetime) -> Alarm:
    alarm = Alarm(
        path=watch.path,
        watch=watch.name,
        answer=watchman.answer,
        seen=watch.seen,
        bad=watch.bad,
        score=watch.score,
        told=f"{watchman.meaning}: {watch.bad:,} of {watch.seen:,}",
    )
    watch.score, watch.seen, watch.bad = 0, 0, 0
    watch.since = watch.alarmed_at = at
    watch.save()
    return alarm
