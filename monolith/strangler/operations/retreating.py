"""Down the ladder: always one action, without asking anybody, from every rung but the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.deciding import ladder
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.operations.changing import NothingToRollBack, changing
from monolith.strangler.operations.refusals import AdvanceRefused
from monolith.strangler.state.audit import Who
from monolith.strangler.state.queries import rung_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from monolith.strangler.models import PathState, Transition

# Dials that may be turned either way: they say how much is compared, and risk nothing.
_FREE = frozenset({"verify_bp"})
_NAMES = {"shadow": "shadow_bp", "canary": "canary_bp", "verify": "verify_bp"}


def roll_back(  # noqa: PLR0913 - all of it goes into the audit
    *,
    path: str,
    actor: str,
    reason: str,
    at: datetime,
    via: str = "cli",
    actor_kind: str = "human",
    to_rung: str = "monolith",
    expected_version: int | None = None,
    evidence: Mapping[str, Any] | None = None,
    paused_until: datetime | None = None,
) -> Transition:
    """Go down to a rung, by default all the way. In force everywhere within a second.

    With `paused_until` nobody may climb again before that: what made it go down has to show first.

    Raises:
        PathNotDeclared, UnknownRung: there is no such path or rung.
        ReasonMissing: the reason is blank.
        NothingToRollBack: the path stands there or lower already, or is retired.
        StateChanged: the path's version is not `expected_version`.
    """
    who = Who(actor=actor, reason=reason, at=at, via=via, actor_kind=actor_kind)
    wanted = ladder.rung_called(to_rung)
    with changing(path, "roll-back", who, expected_version=expected_version) as change:
        _check_lies_below(change.state, wanted)
        change.stand_on(wanted)
        change.evidence = dict(evidence or {})
        if paused_until is not None and change.state.hold != Hold.FROZEN:
            change.hold(Hold.PAUSED, who, paused_until)
    return change.made()


def dial(
    *,
    path: str,
    settings: Mapping[str, int],
    actor: str,
    reason: str,
    at: datetime,
    via: str = "cli",
    expected_version: int | None = None,
) -> Transition:
    """Turn dials down (`shadow`, `canary`: basis points), or `verify` either way.

    Raises:
        PathNotDeclared, ReasonMissing, StateChanged: as above.
        AdvanceRefused: a dial has no such name or value, or would be turned up: that is an advance.
    """
    who = Who(actor=actor, reason=reason, at=at, via=via)
    with changing(path, "dial", who, expected_version=expected_version) as change:
        for name, value in settings.items():
            _turn(change.state, name, value)
    return change.made()


def _turn(state: PathState, name: str, value: int) -> None:
    if name not in _NAMES:
        raise AdvanceRefused(f"there is no dial {name!r}, only {', '.join(_NAMES)}")
    if not 0 <= value <= ladder.WHOLE:
        raise AdvanceRefused(f"{name}={value}: expected 0 to {ladder.WHOLE} basis points")
    column = _NAMES[name]
    if value > getattr(state, column) and column not in _FREE:
        raise AdvanceRefused(
            f"{name} is at {getattr(state, column)}: to turn it up is an advance, and earned"
        )
    setattr(state, column, value)


def _check_lies_below(state: PathState, wanted: ladder.Rung) -> None:
    present = rung_of(state)
    if present.stage is Stage.RETIRED:
        raise NothingToRollBack(
            f"{state.path} is retired: the monolith cannot answer any more, so nothing lies behind"
        )
    if ladder.RUNGS.index(wanted) >= ladder.RUNGS.index(present):
        raise NothingToRollBack(f"{state.path} is at {present} already")
