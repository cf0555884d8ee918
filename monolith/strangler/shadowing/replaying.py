"""Asks made-up questions of both sides, so that every shape of question has been compared."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from monolith.outbox.throttling import Throttle
from monolith.strangler.mismatches import observing
from monolith.strangler.models import Epoch, Tally
from monolith.strangler.shadowing.backlog import Backlog
from monolith.strangler.shadowing.dark import Dark
from monolith.strangler.shadowing.hooks import HookFailed
from monolith.strangler.shadowing.rechecks import Rechecks
from monolith.strangler.shadowing.sides import read_monolith
from monolith.strangler.shadowing.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monolith.strangler.comparison.finished import Comparison
    from monolith.strangler.registry import MovingRead

ENOUGH_EACH = 30


@dataclass(slots=True)
class Report:
    """How many questions ended how, and how many of each shape were asked."""

    outcomes: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)

    def note(self, comparison: Comparison) -> None:
        """Take in one comparison."""
        self.outcomes[comparison.judged.outcome.value] += 1
        if len(comparison.looks) == 1:  # later looks are at the same question
            self.shapes[comparison.shape] += 1


class Replay:
    """Compares question by question, in the caller's thread, at a limited rate.

    The monolith is read twice for each, so a replay also fills the baseline of its own noise.
    """

    def __init__(
        self,
        path: MovingRead[Any, Any],
        *,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        busy: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._path, self._clock, self._wait = path, clock, wait
        self._throttle = Throttle(per_second=per_second, burst=1, clock=clock, wait=wait)
        self._backlog = Backlog(clock=clock, rechecks=Rechecks())
        self._work = Work(
            self._backlog,
            clock=clock,
            breathe=lambda: None,
            busy=busy,
            is_drawn_for_noise=lambda: True,
        )
        self.report = Report()

    def ask(self, queries: Iterable[Any]) -> Iterator[int]:
        """Compare the answers to these questions; yield how many have been, after each."""
        with observing.telling(self.report.note):
            for number, query in enumerate(queries, start=1):
                self._throttle.take(1)
                self._ask(query)
                yield number

    def settle(self) -> Iterator[int]:
        """Look again at what was left open, up to a minute later; yield how many still are."""
        with observing.telling(self.report.note):
            while left := self._backlog.status().open:
                self._wait(max(self._backlog.next_at - self._clock(), 0))
                self._work.do_one()
                yield left

    def _ask(self, query: Any) -> None:
        try:
            value = read_monolith(self._path, query)
        except HookFailed as error:
            observing.hook_failed(self._path.name, error.hook)
            return
        self._backlog.offer(Dark(path=self._path, query=query, value=value))
        self._work.do_one()


def coverage(path: MovingRead[Any, Any]) -> dict[str, int]:
    """Return how often each declared shape was compared, within the present epoch."""
    latest = Epoch.objects.filter(path=path.name).order_by("-number").first()
    counted = (
        Tally.objects.filter(path=path.name, epoch=latest.number if latest else 0, series="shape")
        .values_list("name")
        .annotate(total=Sum("count"))
    )
    return {**dict.fromkeys(path.shapes, 0), **dict(counted)}


def missing_shapes(path: MovingRead[Any, Any], *, each: int = ENOUGH_EACH) -> list[str]:
    """List the declared shapes that were compared less often than `each`."""
    counted = coverage(path)
    return [shape for shape in path.shapes if counted[shape] < each]


def questions(path: MovingRead[Any, Any], *, shapes: list[str], count: int) -> Iterator[Any]:
    """Make up questions of these shapes, `count` of them if there are as many."""
    keys = -(-count // max(len(shapes), 1))
    samples = (query for query in path.sample_queries(keys) if path.shape_of(query) in shapes)
    return islice(samples, count)
