"""Where the moving reads stand, for people and for whoever decides about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import Dial, Rung, rung_at
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import BackfillRun, Heartbeat, PathState, Plan, Transition
from monolith.strangler.state import controls

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStatus:
    """All about one path, for people. `version` is that of its state, 0 before its first change."""

    path: str
    stage: Stage
    rung: Rung
    dial: Dial
    hold: Hold
    hold_by: str
    hold_reason: str
    hold_until: datetime | None
    version: int
    is_killed: bool
    has_address: bool
    last_transition: Transition | None
    backfill: BackfillRun | None


def get_status(path: str) -> PathStatus:
    """Return where a path stands.

    Raises:
        PathNotDeclared: there is none of this name.
    """
    registry.get_path(path)
    state = get_state(path)
    return PathStatus(
        path=path,
        stage=Stage(state.stage),
        rung=rung_of(state),
        dial=dial_of(state),
        hold=hold_of(state, at=timezone.now()),
        hold_by=state.hold_by,
        hold_reason=state.hold_reason,
        hold_until=state.hold_until,
        version=state.version,
        is_killed=is_killed(state),
        has_address=path in settings.STRANGLER_SERVICE_URLS,
        last_transition=Transition.objects.of_state(path).order_by("-version").first(),
        backfill=find_backfill(path),
    )


def get_state(path: str) -> PathState:
    """Return the state of a path; that of one that was never moved is not kept."""
    return PathState.objects.filter(path=path).first() or PathState(path=path)


def rung_of(state: PathState) -> Rung:
    """Return the rung that a state has reached."""
    return rung_at(Stage(state.stage), dial_of(state))


def dial_of(state: PathState) -> Dial:
    """Return the dial of a state."""
    return Dial(
        shadow_bp=state.shadow_bp,
        canary_bp=state.canary_bp,
        verify_bp=state.verify_bp,
        has_fallback=state.has_fallback,
    )


def hold_of(state: PathState, *, at: datetime) -> Hold:
    """Return what a state is held to at an instant: a pause ends by its date, a freeze does not."""
    is_over = state.hold_until is not None and state.hold_until <= at
    return Hold.NONE if state.hold == Hold.PAUSED and is_over else Hold(state.hold)


def is_killed(state: PathState) -> bool:
    """Tell whether a path is killed: by its row, by the row of all, by setting or by file."""
    rows = PathState.objects.filter(path__in=(state.path, controls.EVERYTHING), is_killed=True)
    return bool({state.path, controls.EVERYTHING} & controls.killed_names()) or rows.exists()


def find_backfill(path: str) -> BackfillRun | None:
    """Return the latest backfill of a path that was not abandoned."""
    runs = BackfillRun.objects.filter(path=path, abandoned_at=None)
    return runs.order_by("-started_at", "-pk").first()


def seconds_behind(path: str, *, at: datetime) -> float | None:
    """Return how long ago the newest heartbeat was sent that a path's service has seen.

    None where it has seen the newest that was sent, or never one.
    """
    heart = Heartbeat.objects.filter(path=path).first()
    return None if heart is None else heart.seconds_behind(at)


def pending_plans(at: datetime) -> QuerySet[Plan]:
    """Return the plans that still wait to be carried out, with their approvals."""
    plans = Plan.objects.filter(executed_at=None, expires_at__gt=at)
    return plans.prefetch_related("approvals").order_by("created_at", "pk")


def newest_change() -> int:
    """Return the id of the newest change of any path's state, which every process should know."""
    return Transition.objects.of_state().aggregate(newest=Max("pk"))["newest"] or 0


def list_transitions(path: str | None = None) -> list[Transition]:
    """List every change, oldest first, of one path or of all."""
    transitions = Transition.objects.select_related("effect").order_by("at", "pk")
    return list(transitions.filter(path=path) if path else transitions)
