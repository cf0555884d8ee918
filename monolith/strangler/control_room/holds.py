"""What holds a path: killed, frozen, paused, or a breaker that was seen open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler.control_room import formatting
from monolith.strangler.control_room.figures import Chip
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.state import controls, queries

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.models import PathState

NO_HOLD = Chip(text="none")
BREAKER_OPEN = "monolith:breaker-open"


def hold_chip(rows: Rows, path: str) -> Chip:
    """Say what holds a path, the strongest first."""
    state = rows.state_of(path)
    killed = _killed(rows, state)
    if killed is not None:
        return killed
    hold = queries.hold_of(state, at=rows.now)
    if hold is Hold.FROZEN:
        return Chip(text="frozen", tone="bad", icon="frozen", detail=_why(state, rows.now))
    if hold is Hold.PAUSED:
        return Chip(text="paused", tone="warn", icon="pause", detail=_why(state, rows.now))
    return NO_HOLD


def breaker_chip(rows: Rows, path: str) -> Chip:
    """Say whether breakers were seen open of late: each process has its own."""
    seen = rows.recent.seen(path, "answer")
    opened = seen.of(BREAKER_OPEN)
    if not seen.total:
        return Chip(text="breaker: no data")
    if not opened:
        return Chip(text="breaker closed", tone="good", icon="pass", detail="in the last 30 min")
    said = formatting.several(opened, "read")
    return Chip(text="breaker was open", tone="bad", icon="fail", detail=f"{said} in 30 min")


def fallback_chip(rows: Rows, path: str) -> Chip:
    """Say whether the monolith stands behind the service."""
    if rows.state_of(path).has_fallback:
        return Chip(text="fallback on", tone="good", icon="pass")
    return Chip(text="fallback off", tone="warn", icon="warn", detail="nobody behind the service")


def _killed(rows: Rows, state: PathState) -> Chip | None:
    if rows.is_all_killed():
        return Chip(text="killed", tone="bad", icon="kill", detail="everything is")
    if state.is_killed:
        return Chip(text="killed", tone="bad", icon="kill", detail="the monolith answers")
    if state.path in controls.killed_names():
        return Chip(text="killed", tone="bad", icon="kill", detail="by setting or file")
    return None


def _why(state: PathState, now: datetime) -> str:
    left = formatting.until(state.hold_until, now) if state.hold_until else "until it is lifted"
    return f"by {state.hold_by or 'nobody named'}: {state.hold_reason} ({left})"
