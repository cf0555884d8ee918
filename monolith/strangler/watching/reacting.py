"""What happens when a watch alarms: the path goes down by itself, in every phase, at any hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from monolith.strangler import operations
from monolith.strangler.counting import handing_in
from monolith.strangler.counting.watches import Answer
from monolith.strangler.deciding.ladder import rung_below, rung_called
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates import gating
from monolith.strangler.models import Transition
from monolith.strangler.state import queries

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.counting.watches import Alarm
    from monolith.strangler.deciding.ladder import Rung
    from monolith.strangler.state.queries import PathStatus

logger = structlog.get_logger(__name__)

# Whoever trips twice within this time has not recovered: one step down is not enough.
TRIPS_WITHIN = timedelta(hours=1)
ACTOR = "watch"


def hand_in(at: datetime) -> list[Transition]:
    """Write down what this process has counted, and act on it; return what that changed."""
    changes = [react(alarm, at=at) for alarm in handing_in.hand_in()]
    return [change for change in changes if change is not None]


def react(alarm: Alarm, *, at: datetime) -> Transition | None:
    """Take a path down because of an alarm; None where nobody is served by its service anyway."""
    status = queries.get_status(alarm.path)
    if alarm.answer is Answer.FREEZE:
        return _freeze(alarm, status, at)
    if status.stage is Stage.RETIRED:
        logger.error("alarm of a retired path", path=alarm.path, alarm=str(alarm))
        return None
    target = _target(status, at)
    if target is None:
        return None
    moved = operations.roll_back(
        path=alarm.path,
        to_rung=target.name,
        actor=ACTOR,
        actor_kind="auto",
        via="auto",
        reason=str(alarm),
        at=at,
        evidence=evidence_of(alarm),
        paused_until=at + gating.current_profile().cool_down,
    )
    logger.error("rolled back", path=alarm.path, to=target.name, alarm=str(alarm))
    return moved


def evidence_of(alarm: Alarm) -> dict[str, object]:
    """Return what the audit keeps of an alarm."""
    return {
        "watch": alarm.watch,
        "seen": alarm.seen,
        "bad": alarm.bad,
        "score": round(alarm.score, 3),
    }


def _freeze(alarm: Alarm, status: PathStatus, at: datetime) -> Transition | None:
    if status.hold.value == "frozen" or status.stage is Stage.RETIRED:
        return None
    logger.error("frozen", path=alarm.path, alarm=str(alarm))
    return operations.freeze(
        path=alarm.path, actor=ACTOR, reason=str(alarm), at=at, evidence=evidence_of(alarm)
    )


def _target(status: PathStatus, at: datetime) -> Rung | None:
    if status.stage < Stage.CANARY:
        return None
    if _tripped_since(status.path, at - TRIPS_WITHIN):
        return rung_called("shadow-100")
    return rung_below(status.rung)


def _tripped_since(path: str, since: datetime) -> bool:
    trips = Transition.objects.filter(path=path, kind="roll-back", actor_kind="auto")
    return trips.filter(at__gte=since).exists()
