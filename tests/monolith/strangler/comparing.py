"""What tests of comparisons share: a clock that stands still, a path with subjects, counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from monolith.strangler.deciding.decision import Check
from monolith.strangler.registry import get_path
from monolith.strangler.shadowing import Dark
from monolith.strangler.shadowing.backlog import Backlog
from monolith.strangler.shadowing.rechecks import Rechecks
from monolith.strangler.shadowing.work import Work
from tests.monolith.strangler.library import ShelfQuery


class Clock:
    """Goes on only when told to."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    def go_on(self, seconds):
        self.now += seconds


class Counts(Counter[str]):
    """Stands in for `tallies`: `counts["compare:match"]`, of whatever path."""

    def add(self, _path, series, name, count=1):
        self[f"{series}:{name}"] += count

    def observe(self, _path, watch, *, is_bad):
        self[f"watch:{watch}:{'bad' if is_bad else 'good'}"] += 1

    def alert(self, path, watch):
        self.observe(path, watch, is_bad=True)

    def of(self, series):
        """Return the names of a series and how often each was counted."""
        return {
            key.partition(":")[2]: count
            for key, count in self.items()
            if key.partition(":")[0] == series
        }


def shelf_path(**fields):
    """Return the library's path, declared with whom a shelf belongs to: the number is the owner."""
    declared = {
        "subject_of": lambda query: str(query.number),
        "shape_of": lambda query: "first" if query.page == 0 else "later",
        "shapes": ("first", "later"),
        "query_class": ShelfQuery,
        **fields,
    }
    return replace(get_path("shelf"), **declared)


class Bench:
    """Work on a backlog of its own, in the test's thread, by the test's clock."""

    def __init__(self, *, most=200, most_open=1_000, busy=lambda: None, reads_twice=False):
        self.clock = Clock()
        self.backlog = Backlog(clock=self.clock, most=most, rechecks=Rechecks(most_open))
        self.work = Work(
            self.backlog,
            clock=self.clock,
            breathe=lambda: None,
            busy=busy,
            is_drawn_for_noise=lambda: reads_twice,
        )

    def compare(self, path, value, *, check=Check.SHADOW, query=None):
        """Offer one read and do everything that is due."""
        self.backlog.offer(Dark.of(path, query or ShelfQuery(7), value, check))
        return self.do_due()

    def do_due(self):
        """Do everything that is due; return how much there was."""
        done = 0
        while self.work.do_one():
            done += 1
        return done

    def is_accounted_for(self):
        status = self.backlog.status()
        return status.offered == (
            status.compared + status.dropped + status.waiting + status.running
        )
