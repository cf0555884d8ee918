"""What the pulse of a process and the watch over a path ask of the database at rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from benchmarks.figures import Figure, at_most, told
from benchmarks.strangler.scene import PATH
from monolith.strangler import controls, pulse, tallies, watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.strangler.scene import Scene

BEATS, ROUNDS = 30, 6
OBSERVED_SECONDS = 20
MOST_OF_A_PULSE = 2.0  # a second
_TRANSACTIONS = "select xact_commit from pg_stat_database where datname = current_database()"


def measure(scene: Scene) -> list[Figure]:
    """Count the statements of a beat and of a round, beside all that a quiet shop does."""
    scene.stand("shadow-100")
    shop = _transactions_a_second()
    reference = f"the quiet shop's transactions: {shop:.1f} a second"
    return [
        at_most("a process's pulse at rest", _beats() / BEATS / controls.POLL_SECONDS,
                "statements/s", bar=MOST_OF_A_PULSE, reference=reference),
        told("the watch over a path at rest", _rounds() / ROUNDS / watching.ROUND_SECONDS,
             "statements/s", reference=reference),
    ]  # fmt: skip


def _beats() -> int:
    """Beat as often as a process does in half a minute: it says that it is alive every third."""
    heart = pulse.Pulse("benchmark")
    heart.beat(timezone.now())
    tallies.take()

    def beat_on() -> None:
        for _ in range(BEATS):
            began = time.monotonic()
            heart.beat(timezone.now())
            time.sleep(max(controls.POLL_SECONDS - (time.monotonic() - began), 0))

    return _statements(beat_on)


def _rounds() -> int:
    def look_after() -> None:
        for _ in range(ROUNDS):
            watching.look_after(PATH, at=timezone.now())

    return _statements(look_after)


def _transactions_a_second() -> float:
    before, began = _transactions(), time.monotonic()
    time.sleep(OBSERVED_SECONDS)  # the length of the look
    return (_transactions() - before) / (time.monotonic() - began)


def _transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TRANSACTIONS)
        (committed,) = cursor.fetchone()
    return int(committed)


def _statements(act: Callable[[], object]) -> int:
    counted = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        act()
    return counted
