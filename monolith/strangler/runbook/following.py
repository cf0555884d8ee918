"""Takes the steps of the runbook one after the other: always the first that is not true yet.

Nothing is remembered between two runs, so whoever was interrupted goes on where they stopped; and
when something that was true is so no more, it is done again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from django.utils import timezone

from monolith.strangler.deciding.ladder import RUNGS, Rung, rung_above
from monolith.strangler.runbook import sight as sights
from monolith.strangler.runbook.sequence import all_steps, steps_to
from monolith.strangler.runbook.typing_in import People, words_of
from monolith.strangler.state import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from monolith.strangler.runbook.sight import Sight
    from monolith.strangler.runbook.steps import Found, Step

_LOOK_EVERY_SECONDS = 0.5
_MOST_FAILURES = 3
_TRY_AGAIN_SECONDS = 5.0


class StepFailed(Exception):
    """A step's command failed again and again."""

    def __init__(self, step: Step, said: str) -> None:
        super().__init__(f"{step.id} failed {_MOST_FAILURES} times: {said}")


class StepTookTooLong(Exception):
    """A step did not become true within its time."""

    def __init__(self, step: Step, minutes: float, told: str) -> None:
        super().__init__(f"{step.id} is not true after {minutes:g} min: {told}")


class PathFell(Exception):
    """The path was taken down while it was being moved up: somebody has to find out why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The first step that is not true yet, with what was seen of it."""

    step: Step
    sight: Sight
    found: Found


class Progress(Protocol):
    """Who is told how the steps go on."""

    def began(self, step: Step) -> None:
        """A step is the next one now."""

    def waits(self, step: Step, told: str) -> None:
        """Something keeps a step from being done, or from being true."""

    def done(self, step: Step, seconds: float) -> None:
        """A step is true now."""


def next_step(path: str, *, at: datetime, until: Rung = RUNGS[-1]) -> Next | None:
    """Return the first step that is not true yet on the way to a rung; None once it is reached.

    Raises:
        PathNotDeclared: there is no such path.
    """
    rung = queries.get_status(path).rung
    above = rung_above(rung)
    sight = sights.look(path, (above or rung).name, at=at)
    for step in _steps_from(rung, above, until):
        found = step.verify(sight)
        if not found.is_so:
            return Next(step=step, sight=sight, found=found)
    return None


def _steps_from(rung: Rung, above: Rung | None, until: Rung) -> list[Step]:
    afterwards = [step for step in steps_to(rung) if step.is_after]
    if above is None or RUNGS.index(rung) >= RUNGS.index(until):
        return afterwards
    return [*afterwards, *(step for step in steps_to(above) if not step.is_after)]


def _comes_later(step: Step, than: Step) -> bool:
    ids = [each.id for each in all_steps()]
    return ids.index(step.id) > ids.index(than.id)


@dataclass(slots=True)
class _Attempt:
    """How far one step has come in this run."""

    began: float
    failures: int = 0
    is_done: bool = False
    not_before: float = 0.0
    told: str = ""


@dataclass(slots=True, kw_only=True)
class Follower:
    """Moves a path up by its runbook.

    `execute` runs the words behind `manage.py strangler` and returns the exit code and what was
    said. No step may take longer than its own time, nor than `most_minutes`.
    """

    path: str
    until: Rung
    people: People
    execute: Callable[[Sequence[str], bool], tuple[int, str]]
    progress: Progress
    most_minutes: float = float("inf")
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    _attempts: dict[str, _Attempt] = field(default_factory=dict)
    _highest: int = 0

    def follow(self) -> None:
        """Take step after step until the rung is reached.

        Raises:
            PathFell: the path was taken down meanwhile.
            StepFailed, StepTookTooLong: a step could not be done, or did not become true.
        """
        present: Step | None = None
        while (coming := next_step(self.path, at=timezone.now(), until=self.until)) is not None:
            self._check_height(coming.sight)
            if present is None or coming.step.id != present.id:
                self._turn_from(present, coming.step)
                present = coming.step
                self._turn_to(present)
            self._take(coming)
        self._turn_from(present, None)

    def _check_height(self, sight: Sight) -> None:
        height = RUNGS.index(sight.status.rung)
        if height < self._highest:
            moved = sight.status.last_transition
            why = f" by {moved.actor}: {moved.reason}" if moved else ""
            raise PathFell(f"{self.path} went down to {sight.status.rung}{why}")
        self._highest = height

    def _turn_from(self, step: Step | None, coming: Step | None) -> None:
        # What comes may lie before it: something is true no more, and nothing is said of this one.
        if step is not None and (coming is None or _comes_later(coming, step)):
            self.progress.done(step, self.clock() - self._attempts[step.id].began)

    def _turn_to(self, step: Step) -> None:
        attempt = self._attempts.setdefault(step.id, _Attempt(began=self.clock()))
        attempt.is_done = False  # it was true in between, and is so no more
        self.progress.began(step)

    def _take(self, coming: Next) -> None:
        step, attempt = coming.step, self._attempts[coming.step.id]
        self._check_time(coming, attempt)
        may = step.check(coming.sight)
        if not may.is_so:
            self._wait(step, attempt, may.told)
        elif self._is_due(step, attempt):
            self._do(coming, attempt)
        else:
            self._wait(step, attempt, coming.found.told)

    def _check_time(self, coming: Next, attempt: _Attempt) -> None:
        minutes = min(coming.step.max_minutes, self.most_minutes)
        if self.clock() - attempt.began > minutes * 60:
            raise StepTookTooLong(coming.step, minutes, coming.found.told)

    def _is_due(self, step: Step, attempt: _Attempt) -> bool:
        if not step.is_command or self.clock() < attempt.not_before:
            return False
        return step.is_repeated or not attempt.is_done

    def _do(self, coming: Next, attempt: _Attempt) -> None:
        step = coming.step
        words = words_of(step.do, coming.sight, self.people)
        if words is None:
            self._wait(step, attempt, f"{coming.found.told}: somebody else has to do it")
            return
        code, said = self.execute(words, step.is_repeated)
        if step.is_repeated:
            between = coming.sight.profile.between_passes.total_seconds()
            attempt.not_before = self.clock() + between
            return
        attempt.not_before = self.clock() + _TRY_AGAIN_SECONDS
        attempt.is_done = code == 0
        attempt.failures += code != 0
        if attempt.failures >= _MOST_FAILURES:
            raise StepFailed(step, said)

    def _wait(self, step: Step, attempt: _Attempt, told: str) -> None:
        if told != attempt.told:
            attempt.told = told
            self.progress.waits(step, told)
        self.pause(_LOOK_EVERY_SECONDS)
