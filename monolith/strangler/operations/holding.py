"""Holding a path where it is, or away from its service: pause, freeze, kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.deciding import ladder
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.operations.changing import PathFrozen, changing
from monolith.strangler.state.audit import Who

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from monolith.strangler.models import Transition


def pause(
    *, path: str, actor: str, reason: str, at: datetime, via: str = "cli",
    until: datetime | None = None, expected_version: int | None = None,
) -> Transition:  # fmt: skip
    """Let nobody advance the path until then, or until it is resumed. Reads go on as they are.

    Raises:
        PathNotDeclared, ReasonMissing, StateChanged: see `changing`.
        PathFrozen: it is held harder than that already.
    """
    who = Who(actor=actor, reason=reason, at=at, via=via)
    with changing(path, "pause", who, expected_version=expected_version) as change:
        _check_not_frozen(change.state.path, change.state.hold, change.state.hold_reason)
        change.hold(Hold.PAUSED, who, until)
    return change.made()


def resume(
    *, path: str, actor: str, reason: str, at: datetime, via: str = "cli",
    expected_version: int | None = None,
) -> Transition:  # fmt: skip
    """Let the path advance again.

    Raises:
        PathNotDeclared, ReasonMissing, StateChanged: see `changing`.
        PathFrozen: an alarm froze it, which only `lift` undoes.
    """
    who = Who(actor=actor, reason=reason, at=at, via=via)
    with changing(path, "resume", who, expected_version=expected_version) as change:
        _check_not_frozen(change.state.path, change.state.hold, change.state.hold_reason)
        change.hold(Hold.NONE, who)
    return change.made()


def freeze(
    *, path: str, actor: str, reason: str, at: datetime, via: str = "auto",
    actor_kind: str = "auto", evidence: Mapping[str, Any] | None = None,
) -> Transition:  # fmt: skip
    """Send the path to the monolith, and let nothing happen to it until somebody has looked.

    Raises:
        PathNotDeclared, ReasonMissing: see `changing`.
    """
    who = Who(actor=actor, reason=reason, at=at, via=via, actor_kind=actor_kind)
    with changing(path, "freeze", who) as change:
        change.stand_on(ladder.rung_called("monolith"))
        change.hold(Hold.FROZEN, who)
        change.evidence = dict(evidence or {})
    return change.made()


def lift(*, path: str, actor: str, reason: str, at: datetime, via: str = "cli") -> Transition:
    """Lift a freeze, once its cause is understood. The path begins again at the bottom.

    Raises:
        PathNotDeclared, ReasonMissing: see `changing`.
    """
    who = Who(actor=actor, reason=reason, at=at, via=via)
    with changing(path, "lift", who) as change:
        change.hold(Hold.NONE, who)
    return change.made()


def kill(*, path: str, actor: str, reason: str, at: datetime, via: str = "cli") -> Transition:
    """Send one path's reads, or "all", to the monolith until the kill is lifted. No stage changes.

    Raises:
        PathNotDeclared, ReasonMissing: see `changing`.
    """
    return _set_kill(path, "kill", Who(actor=actor, reason=reason, at=at, via=via))


def unkill(*, path: str, actor: str, reason: str, at: datetime, via: str = "cli") -> Transition:
    """Lift a kill.

    Raises:
        PathNotDeclared, ReasonMissing: see `changing`.
    """
    return _set_kill(path, "unkill", Who(actor=actor, reason=reason, at=at, via=via))


def _set_kill(path: str, kind: str, who: Who) -> Transition:
    with changing(path, kind, who) as change:
        change.state.is_killed = kind == "kill"
    return change.made()


def _check_not_frozen(path: str, hold: str, reason: str) -> None:
    if hold == Hold.FROZEN:
        raise PathFrozen(path, reason)
