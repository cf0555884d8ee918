"""What is known about moving reads: stages to serve from, the kill switch, the state for people."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError

from monolith.strangler import registry
from monolith.strangler.models import BackfillRun, PathState, Transition
from monolith.strangler.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = structlog.get_logger(__name__)

POLL_SECONDS = 2.0
# A stage read longer ago than this may have been rolled back since: the monolith answers.
TRUSTED_SECONDS = 30.0
EVERYTHING = "all"


class StageCache:
    """The stages as this process knows them: read at most every 2 s, the last good ones kept."""

    def __init__(
        self, read: Callable[[], Mapping[str, Stage]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._clock = read, clock
        self._refreshing = threading.Lock()
        self._stages: Mapping[str, Stage] = {}
        self._read_at: float | None = None
        self._next_poll = 0.0

    def stage_of(self, path: str) -> Stage | None:
        """Return a path's stage, or None when none could be read for 30 s."""
        now = self._clock()
        if now >= self._next_poll:
            self._refresh()
        if self._read_at is None or now - self._read_at > TRUSTED_SECONDS:
            return None
        return self._stages.get(path, Stage.MONOLITH)

    def forget(self) -> None:
        """Read the stages again before the next answer."""
        self._read_at, self._next_poll = None, 0.0

    def _refresh(self) -> None:
        # One thread asks; the others go on with what is known, unless nothing is.
        if not self._refreshing.acquire(blocking=self._read_at is None):
            return
        try:
            if self._clock() >= self._next_poll:
                self._poll()
        finally:
            self._refreshing.release()

    def _poll(self) -> None:
        try:
            self._stages = self._read()
            self._read_at = self._clock()
        except DatabaseError as error:
            logger.warning("stages of read paths unreadable", error=str(error))
        self._next_poll = self._clock() + POLL_SECONDS


def _read_stages() -> dict[str, Stage]:
    rows = PathState.objects.values_list("path", "stage")
    # A stage of a later release, met after rolling this one back, is nothing to serve from.
    known = set(Stage)
    return {path: Stage(stage) if stage in known else Stage.MONOLITH for path, stage in rows}


stages = StageCache(_read_stages)


def is_killed(path: str) -> bool:
    """Tell whether the kill switch sends this path to the monolith. Needs no database."""
    killed = killed_names()
    return path in killed or EVERYTHING in killed


def killed_names() -> set[str]:
    """Return what the kill switch names, by setting and by file. An empty file is "all"."""
    killed = set(getattr(settings, "STRANGLER_KILL", ()))
    file = getattr(settings, "STRANGLER_KILL_FILE", None)
    if file is None:
        return killed
    try:
        text = Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        return killed
    except (OSError, ValueError):
        return {EVERYTHING}  # somebody put something there and means it
    return killed | set(text.replace(",", " ").split() or {EVERYTHING})


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStatus:
    """All about one path, for people. `version` is that of its state, 0 before its first change."""

    path: str
    stage: Stage
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
    state = PathState.objects.filter(path=path).first()
    return PathStatus(
        path=path,
        stage=Stage(state.stage) if state else Stage.MONOLITH,
        version=state.version if state else 0,
        is_killed=is_killed(path),
        has_address=path in settings.STRANGLER_SERVICE_URLS,
        last_transition=Transition.objects.filter(path=path).order_by("-version").first(),
        backfill=find_backfill(path),
    )


def find_backfill(path: str) -> BackfillRun | None:
    """Return the latest backfill of a path that was not abandoned."""
    runs = BackfillRun.objects.filter(path=path, abandoned_at=None)
    return runs.order_by("-started_at", "-pk").first()


def list_transitions(path: str | None = None) -> list[Transition]:
    """List every change of stage, oldest first, of one path or of all."""
    transitions = Transition.objects.order_by("at", "pk")
    return list(transitions.filter(path=path) if path else transitions)
