"""Comparisons one after the other, a step at a time, while a path is in shadow or above."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import PathState, ReconcileRun
from monolith.strangler.reconciliation import keeping
from monolith.strangler.reconciliation.asking import BothSides
from monolith.strangler.reconciliation.passing import REST_SECONDS, Pass, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

# Whoever has not taken a step for so long does not take another.
_GIVEN_UP = timedelta(seconds=60)
_CALM_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step came to. `finished` is the comparison that it brought to its end, if any.

    `is_idle`: nothing was done, and `note` says why; come back in a while.
    """

    path: str
    keys: int = 0
    note: str = ""
    is_idle: bool = False
    finished: ReconcileRun | None = None


@dataclass(slots=True)
class _UnderWay:
    row: ReconcileRun
    current: Pass
    rest_until: float = 0.0


_steps = threading.Lock()
_under_way: dict[str, _UnderWay] = {}


def step(path_name: str) -> Step:
    """Take the next step of the continuous comparison of a path: at most a chunk of keys.

    The state is in this process and, for its successor, in the `ReconcileRun`. Nothing is done
    below the stage shadow, or while another process is at it. Steps of several threads take turns.

    Raises:
        PathNotDeclared: there is no such path.
        ServiceAddressMissing: no service is deployed for it.
    """
    path = registry.get_path(path_name)
    with _steps:
        if _stage_of(path.name) < Stage.SHADOW:
            _drop(path.name)
            return Step(path=path.name, note="the path is below shadow", is_idle=True)
        under_way = _under_way.get(path.name) or _begin(path.name)
        if under_way is None:
            return Step(path=path.name, note="another process is at it", is_idle=True)
        if time.monotonic() < under_way.rest_until:
            return Step(path=path.name, note="lets the service catch up", is_idle=True)
        return _take(under_way)


def run_continuously(
    path_name: str, *, report: Callable[[Step], None], is_stopped: Callable[[], bool]
) -> Step:
    """Take step after step, until the path falls below shadow, or another process is at it.

    Raises:
        PathNotDeclared, ServiceAddressMissing: see `step`.
    """
    while not is_stopped():
        taken = step(path_name)
        report(taken)
        if taken.is_idle and path_name not in _under_way:
            return taken
        time.sleep(REST_SECONDS if taken.is_idle else _CALM_SECONDS)
    return Step(path=path_name, note="stopped", is_idle=True)


def forget() -> None:
    """Forget what is under way in this process, as if it had ended: for tests."""
    for path in list(_under_way):
        _drop(path)


def _begin(path: str) -> _UnderWay | None:
    row = keeping.find_unfinished(path, is_continuous=True)
    if row is not None and _is_alive(row):
        return None
    current = Pass(BothSides(registry.get_path(path)))
    if row is None:
        row = keeping.open_row(path, is_continuous=True)
    else:
        keeping.restore(row, current)
    _under_way[path] = _UnderWay(row, current)
    return _under_way[path]


def _is_alive(row: ReconcileRun) -> bool:
    return row.active_at is not None and timezone.now() - row.active_at < _GIVEN_UP


def _take(under_way: _UnderWay) -> Step:
    row, current = under_way.row, under_way.current
    piece = current.advance()
    if piece.is_restless:
        under_way.rest_until = time.monotonic() + REST_SECONDS
    if current.phase is not Phase.OVER:
        keeping.save(row, current)
        return Step(path=row.path, keys=piece.keys, note=piece.note)
    keeping.finish(row, current)
    keeping.forget_all_but_the_latest(row.path)
    _drop(row.path)
    return Step(path=row.path, keys=piece.keys, note=piece.note, finished=row)


def _drop(path: str) -> None:
    if under_way := _under_way.pop(path, None):
        under_way.current.close()


def _stage_of(path: str) -> int:
    stages = PathState.objects.filter(path=path).values_list("stage", flat=True)
    return stages.first() or Stage.MONOLITH
