"""Moves a read path along its ladder. Every move says who and why; going back is always free."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from monolith.strangler import queries, registry
from monolith.strangler.models import PathState, Transition
from monolith.strangler.stages import Stage

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.queries import PathStatus


class AdvanceRefused(Exception):
    """The path may not climb to this stage; the message says what is missing and what to do."""


class StateChanged(Exception):
    """Somebody else moved the path meanwhile."""

    def __init__(self, path: str, expected: int, version: int) -> None:
        super().__init__(f"{path} is at version {version} by now, not {expected}: look again")


class ReasonMissing(Exception):
    """A move without a reason tells nobody anything later."""

    def __init__(self) -> None:
        super().__init__("say why: the reason is kept in the audit")


class NothingToRollBack(Exception):
    """The monolith answers already."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is at monolith already")


def advance(
    *,
    path: str,
    actor: str,
    reason: str,
    at: datetime,
    to: Stage | None = None,
    expected_version: int | None = None,
) -> Transition:
    """Climb to `to`, or to the next stage that can be entered. In force everywhere within 2 s.

    Raises:
        PathNotDeclared: there is no such path.
        ReasonMissing: the reason is blank.
        AdvanceRefused: a condition of the stage is not met.
        StateChanged: the path's version is not `expected_version`.
    """
    began = time.perf_counter()
    registry.get_path(path)
    with transaction.atomic():
        state = _lock_state(path, at, expected_version)
        target = _target(queries.get_status(path), to)
        transition = _move(state, target, actor=actor, reason=reason, at=at, began=began)
    queries.stages.forget()
    return transition


def roll_back(
    *, path: str, actor: str, reason: str, at: datetime, expected_version: int | None = None
) -> Transition:
    """Let the monolith answer again, from any stage. In force everywhere within 2 s.

    Raises:
        PathNotDeclared: there is no such path.
        ReasonMissing: the reason is blank.
        NothingToRollBack: the monolith answers already.
        StateChanged: the path's version is not `expected_version`.
    """
    began = time.perf_counter()
    registry.get_path(path)
    with transaction.atomic():
        state = _lock_state(path, at, expected_version)
        if state.stage == Stage.MONOLITH:
            raise NothingToRollBack(path)
        transition = _move(state, Stage.MONOLITH, actor=actor, reason=reason, at=at, began=began)
    queries.stages.forget()
    return transition


def _lock_state(path: str, at: datetime, expected_version: int | None) -> PathState:
    PathState.objects.bulk_create([PathState(path=path, changed_at=at)], ignore_conflicts=True)
    state = PathState.objects.select_for_update().get(path=path)
    if expected_version is not None and state.version != expected_version:
        raise StateChanged(path, expected_version, state.version)
    return state


def _target(status: PathStatus, to: Stage | None) -> Stage:
    target = to if to is not None else next_enterable(status.stage)
    if target is None:
        raise AdvanceRefused(f"{status.path} is at {status.stage.label}: nothing lies above it yet")
    if target not in ():
        raise AdvanceRefused(f"the stage {target.label} cannot be entered in this release")
    if target <= status.stage:
        raise AdvanceRefused(
            f"{status.path} is at {status.stage.label} already; to go down, roll back"
        )
    _check_service_stage(status)
    return target


def _check_service_stage(status: PathStatus) -> None:
    if status.backfill is None or status.backfill.finished_at is None:
        begun = "has not begun" if status.backfill is None else "has not finished"
        raise AdvanceRefused(
            f"the backfill of {status.path} {begun}: "
            f"run `manage.py strangler backfill {status.path}`"
        )
    if not settings.STRANGLER_SERVICE_URLS.get(status.path):
        raise AdvanceRefused(f"no service is deployed for {status.path}: it has no address")


def _move(
    state: PathState, to: Stage, *, actor: str, reason: str, at: datetime, began: float
) -> Transition:
    if not reason.strip():
        raise ReasonMissing
    before = state.stage
    state.stage, state.version, state.changed_at = to, state.version + 1, at
    state.save(update_fields=["stage", "version", "changed_at"])
    return Transition.objects.create(
        path=state.path,
        version=state.version,
        from_stage=before,
        to_stage=to,
        actor=actor,
        reason=reason.strip(),
        at=at,
        took_microseconds=round((time.perf_counter() - began) * 1_000_000),
    )
