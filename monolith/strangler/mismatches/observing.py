"""Where every finished comparison goes: to the counts, to the watches and, if bad, into keeping."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler.comparison.outcomes import BAD, KEPT, Next, Outcome
from monolith.strangler.comparison.rechecking import Turn
from monolith.strangler.counting import tallies
from monolith.strangler.mismatches import keeping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monolith.strangler.comparison.finished import Comparison

JUDGED = BAD | {Outcome.MATCH, Outcome.MATCH_NORM}
"""What comparing content comes to; anything else says nothing of it."""
_UNANSWERED = frozenset({Outcome.ERROR, Outcome.TIMEOUT})


observers: list[Callable[[Comparison], None]] = []
"""Told of every finished comparison, and once more of one that a later look found bad."""


@contextmanager
def telling(observer: Callable[[Comparison], None]) -> Iterator[None]:
    """Tell somebody more of what is finished inside."""
    observers.append(observer)
    try:
        yield
    finally:
        observers.remove(observer)


def compared(comparison: Comparison) -> None:
    """Take in the outcome of a first look.

    Raises:
        DatabaseError: a disagreement was counted, but could not be kept.
    """
    path, outcome = comparison.path, comparison.judged.outcome
    _count(comparison)
    if comparison.shape and outcome not in _UNANSWERED:
        tallies.add(path, "shape", comparison.shape)
    if outcome is Outcome.MATCH_NORM:
        _count_rules(path, comparison.judged.rules)
    _pass_on(comparison)


def looked_again(comparison: Comparison, turn: Turn, *, milliseconds: float) -> None:
    """Take in what became of an open comparison, so long after its first look.

    What is bad in the end is counted once more under `compare`, where the watches see it.

    Raises:
        DatabaseError: a disagreement was counted, but could not be kept.
    """
    path = comparison.path
    if turn is Turn.AGAIN:
        return
    tallies.add(path, "recheck", turn.value)
    if turn is Turn.HEALED:
        tallies.time_taken(path, "staleness", milliseconds)
    if turn in {Turn.BAD, Turn.OVERDUE}:
        _count(comparison)
        _pass_on(comparison)


def read_twice(path: str, *, is_same: bool) -> None:
    """Take in whether the monolith agreed with itself."""
    tallies.add(path, "noise", "same" if is_same else "changed")


def asked_service(path: str, *, milliseconds: float) -> None:
    """Take in how long the service took for a read that nobody waited for."""
    tallies.time_taken(path, "latency-service", milliseconds)


def asked_monolith(path: str, *, milliseconds: float) -> None:
    """Take in how long the monolith took to say what the service should have shown."""
    tallies.time_taken(path, "latency-monolith", milliseconds)


def dropped(path: str, why: str) -> None:
    """Take in that a comparison was not run."""
    tallies.add(path, "dropped", why)


def hook_failed(path: str, hook: str) -> None:
    """Take in that something raised that a comparison had called."""
    tallies.add(path, "harness", hook)


def _count(comparison: Comparison) -> None:
    outcome = comparison.judged.outcome.value
    tallies.add(comparison.path, "compare", outcome)
    if comparison.was_shown:
        tallies.add(comparison.path, "verify", outcome)


def _count_rules(path: str, rules: Iterable[str]) -> None:
    for rule in rules:
        tallies.add(path, "rule", rule)


def _tell_watches(path: str, outcome: Outcome) -> None:
    if outcome is Outcome.LEAK:
        tallies.alert(path, "leak")
    elif outcome is Outcome.EXTRA:
        tallies.alert(path, "extra")
    if outcome in JUDGED:
        tallies.observe(path, "wrong", is_bad=outcome in BAD)


def _pass_on(comparison: Comparison) -> None:
    _tell_watches(comparison.path, comparison.judged.outcome)
    for observer in tuple(observers):
        observer(comparison)
    _keep(comparison)


def _keep(comparison: Comparison) -> None:
    judged = comparison.judged
    if judged.outcome in KEPT and judged.next is Next.NOTHING:
        keeping.keep(comparison, at=timezone.now())
