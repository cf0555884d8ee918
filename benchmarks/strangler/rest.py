"""What the pulse of a process and the watch over a path ask of the database at rest."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from benchmarks.figures import Figure, at_most, told
from benchmarks.strangler.scene import PATH
from monolith.strangler import pulse
from monolith.strangler.counting import tallies
from monolith.strangler.state import controls
from monolith.strangler.watching import watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.strangler.scene import Scene

# So long that gates are asked again, which nobody reads for, within the rounds.
BEATS, ROUNDS = 30, 20
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
        told("the watch over a path at rest", _rounds() / ROUNDS / watcher.ROUND_SECONDS,
             "statements/s", reference=f"{reference}, which has none"),
    ]  # fmt: skip


def _beats() -> int:
    """Beat as often as a process does in half a minute: it says that it is alive every third."""
    heart = pulse.Pulse("benchmark")
    heart.beat(timezone.now())
    tallies.take()
    return _statements(
        lambda: _every(controls.POLL_SECONDS, BEATS, lambda: heart.beat(timezone.now()))
    )


def _rounds() -> int:
    """Look after the path as the worker would, which has been told not to."""
    look_after = partial(_every, watcher.ROUND_SECONDS, act=_look_after)
    look_after(times=1)
    return _statements(lambda: look_after(times=ROUNDS))


def _look_after() -> None:
    watcher.look_after(PATH, at=timezone.now())
    watcher.go_on_reconciling(PATH, at=timezone.now())


def _every(seconds: float, times: int, act: Callable[[], object]) -> None:
    for _ in range(times):
        began = time.monotonic()
        act()
        time.sleep(max(seconds - (time.monotonic() - began), 0))


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
