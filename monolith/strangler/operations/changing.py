"""The one way in which a path's state changes: under its lock, with a row in the audit."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from monolith.strangler import registry
from monolith.strangler.counting import watches
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.models import PathState, Transition
from monolith.strangler.state import audit, controls
from monolith.strangler.state.audit import ReasonMissing, Who
from monolith.strangler.state.queries import rung_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from monolith.strangler.deciding.ladder import Rung
    from monolith.strangler.models import Plan

_RUNG = ("stage", "shadow_bp", "canary_bp", "verify_bp", "has_fallback")
_STATE = (*_RUNG, "is_killed", "hold", "hold_by", "hold_reason")


class StateChanged(Exception):
    """Somebody else changed the path meanwhile."""

    def __init__(self, path: str, expected: int, version: int) -> None:
        latest = Transition.objects.of_state(path).order_by("-version").first()
        who = f" ({latest.actor}: {latest.kind}, {latest.reason!r})" if latest else ""
        super().__init__(f"{path} is at version {version} by now, not {expected}{who}: look again")


class NothingToRollBack(Exception):
    """The path stands as low as that already, or can go back no more."""


class PathFrozen(Exception):
    """An alarm froze the path; somebody has to find out why, and lift it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"{path} is frozen ({reason}): once that is understood, "
            f"`manage.py strangler lift {path} --reason ...`"
        )


@dataclass(slots=True)
class Change:
    """A change in the making: alter `state`, and say what the audit keeps beside it."""

    state: PathState
    kind: str
    plan: Plan | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    approvals: list[dict[str, Any]] = field(default_factory=list)
    transition: Transition | None = None

    def stand_on(self, rung: Rung) -> None:
        """Put the path on a rung, with the rung's own dial."""
        self.state.stage = rung.stage
        self.state.shadow_bp = rung.dial.shadow_bp
        self.state.canary_bp = rung.dial.canary_bp
        self.state.verify_bp = rung.dial.verify_bp
        self.state.has_fallback = rung.dial.has_fallback

    def hold(self, hold: Hold, who: Who, until: datetime | None = None) -> None:
        """Hold the path to something, or to nothing any more."""
        is_held = hold is not Hold.NONE
        self.state.hold = hold.value
        self.state.hold_by = who.actor if is_held else ""
        self.state.hold_reason = who.reason if is_held else ""
        self.state.hold_until = until

    def made(self) -> Transition:
        """Return the audited change, once it was made."""
        if self.transition is None:
            raise RuntimeError("the change has not been made yet")
        return self.transition


@contextmanager
def changing(
    path: str, kind: str, who: Who, *, expected_version: int | None = None
) -> Iterator[Change]:
    """Lock a path's state, let the caller alter it, and write it with its row in the audit.

    In force in this process when it returns, in all others within a second.

    Raises:
        PathNotDeclared: there is no such path.
        ReasonMissing: the reason is blank.
        StateChanged: the path's version is not `expected_version`.
    """
    began = time.perf_counter()
    if path != controls.EVERYTHING:
        registry.get_path(path)
    if not who.reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        state = lock_state(path, who.at, expected_version)
        before = _facts(state)
        change = Change(state, kind)
        yield change
        change.transition = _write(change, before, who, began)
    controls.cache.forget()


def lock_state(path: str, at: datetime, expected_version: int | None = None) -> PathState:
    """Return a path's state, locked until the end of the transaction.

    Raises:
        StateChanged: its version is not `expected_version`.
    """
    PathState.objects.bulk_create([PathState(path=path, changed_at=at)], ignore_conflicts=True)
    state = PathState.objects.select_for_update().get(path=path)
    if expected_version is not None and state.version != expected_version:
        raise StateChanged(path, expected_version, state.version)
    return state


def _write(change: Change, before: dict[str, Any], who: Who, began: float) -> Transition:
    state = change.state
    state.version, state.changed_at = state.version + 1, who.at
    state.save()
    after = _facts(state)
    if {name: before[name] for name in _RUNG} != {name: after[name] for name in _RUNG}:
        watches.begin_anew(state.path, who.at)
    return audit.append(
        Transition(
            path=state.path,
            version=state.version,
            kind=change.kind,
            from_stage=before["stage"],
            to_stage=int(state.stage),
            before=before,
            after=after,
            actor=who.actor,
            actor_kind=who.actor_kind,
            via=who.via,
            reason=who.reason.strip(),
            ticket=who.ticket,
            plan=change.plan,
            evidence=change.evidence,
            approvals=change.approvals,
            release=settings.RELEASE,
            at=who.at,
            took_microseconds=round((time.perf_counter() - began) * 1_000_000),
        )
    )


def _facts(state: PathState) -> dict[str, Any]:
    facts = {name: getattr(state, name) for name in _STATE}
    return facts | {
        "rung": rung_of(state).name,
        "stage": int(state.stage),
        "hold_until": state.hold_until.isoformat() if state.hold_until else None,
    }
