"""What is in force for every path, as this process knows it, and the kill switch.

One look at the database serves all reads of a second. In a process with a pulse the looking is done
in the background, and no read ever waits for the database to learn who answers it.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from monolith.strangler.deciding.decision import Held, Hold
from monolith.strangler.deciding.ladder import Dial
from monolith.strangler.deciding.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

logger = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
# A state read longer ago than this may have been rolled back since: the monolith answers. So a
# roll-back is in force everywhere within five seconds, even where nobody can be told of it.
TRUSTED_SECONDS = 3.0
# A service that has not heard the heart beat for so long may know nothing of the latest events.
SILENT_SECONDS = 30.0
EVERYTHING = "all"

_NOTHING: Mapping[Any, Any] = MappingProxyType({})
_NEVER_MOVED = Held()

# One statement, so that all of it comes from one snapshot of the database.
_READ = """
select
    (select coalesce(max(id), 0) from strangler_transition where version is not null),
    (select coalesce(json_agg(s), '[]') from (
        select path, stage, shadow_bp, canary_bp, verify_bp, has_fallback, is_killed,
               case when hold = 'paused' and hold_until <= %(now)s then '' else hold end as hold
        from strangler_pathstate) s),
    (select coalesce(json_agg(e), '[]') from (
        select family, subject, is_in from strangler_cohortexception
        where expires_at > %(now)s) e),
    (select coalesce(json_object_agg(path, number), '{}') from (
        select path, max(number) as number from strangler_epoch group by path) p),
    (select coalesce(json_agg(path), '[]') from strangler_heartbeat
        where sent_version > seen_version
          and sent_at >= %(now)s - make_interval(secs => %(silent)s)
          and seen_sent_at < %(now)s - make_interval(secs => %(silent)s)),
    (select coalesce(json_object_agg(path, seen_sent_at), '{}') from strangler_heartbeat
        where seen_sent_at is not null)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """Everything that decides about reads, as of one look.

    `version` is the id of the newest change; `heard` when the newest heartbeat was sent that each
    path's service has seen; `silent` are the paths whose service has not heard it for long.
    """

    version: int = 0
    held: Mapping[str, Held] = field(default_factory=lambda: _NOTHING)
    killed: frozenset[str] = frozenset()
    exceptions: Mapping[tuple[str, str], bool] = field(default_factory=lambda: _NOTHING)
    epochs: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    silent: frozenset[str] = frozenset()
    heard: Mapping[str, datetime] = field(default_factory=lambda: _NOTHING)


class ControlCache:
    """The controls as this process knows them: read once a second, the last good ones kept."""

    def __init__(
        self, read: Callable[[], Controls], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._clock = read, clock
        self._refreshing = threading.Lock()
        self._controls = Controls()
        self._read_at: float | None = None
        self._next_poll = 0.0
        self.is_driven = False
        """Whether somebody polls in the background, so that readers need not."""

    def current(self) -> Controls | None:
        """Return what is in force, or None when nobody could say for 3 s."""
        now = self._clock()
        if not self.is_driven and now >= self._next_poll:
            self._refresh()
        if self._read_at is None or now - self._read_at > TRUSTED_SECONDS:
            return None
        return self._controls

    def forget(self) -> None:
        """Read again before the next answer."""
        self._next_poll = 0.0
        if not self.is_driven:
            self._read_at = None

    def last_known(self) -> Controls:
        """Return the last controls read, however old: for what only counts."""
        return self._controls

    def poll(self) -> bool:
        """Look now; tell whether that worked."""
        try:
            self._controls = self._read()
            self._read_at = self._clock()
        except DatabaseError as error:
            logger.warning("controls of read paths unreadable", error=str(error))
            return False
        finally:
            self._next_poll = self._clock() + POLL_SECONDS
        return True

    def _refresh(self) -> None:
        # One thread asks; the others go on with what is known, unless nothing is.
        if not self._refreshing.acquire(blocking=self._read_at is None):
            return
        try:
            if self._clock() >= self._next_poll:
                self.poll()
        finally:
            self._refreshing.release()


def read_controls() -> Controls:
    """Read what is in force from the database."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"now": timezone.now(), "silent": SILENT_SECONDS})
        version, states, exceptions, epochs, silent, heard = cursor.fetchone()
    return Controls(
        version=version,
        held={state["path"]: _held(state) for state in states},
        killed=frozenset(state["path"] for state in states if state["is_killed"]),
        exceptions={(row["family"], row["subject"]): row["is_in"] for row in exceptions},
        epochs=epochs,
        silent=frozenset(silent),
        heard={path: datetime.fromisoformat(sent_at) for path, sent_at in heard.items()},
    )


cache = ControlCache(read_controls)


def held(controls: Controls | None, path: str) -> Held | None:
    """Return what is in force for a path; None where nobody knows."""
    return None if controls is None else controls.held.get(path, _NEVER_MOVED)


def killed_names() -> set[str]:
    """Return what the kill switch names by setting and by file; needs no database.

    An empty file is "all", and so is one that cannot be read: somebody put it there and means it.
    """
    return {*getattr(settings, "STRANGLER_KILL", ()), *_names_in_file()}


def is_killed(path: str, controls: Controls | None) -> bool:
    """Tell whether any kill switch sends this path to the monolith."""
    killed = killed_names()
    if controls:
        killed |= controls.killed
    return path in killed or EVERYTHING in killed


def _names_in_file() -> Collection[str]:
    file = getattr(settings, "STRANGLER_KILL_FILE", None)
    if file is None:
        return ()
    try:
        os.stat(file)  # noqa: PTH116 - with every read: to fail to open it would cost far more
        text = Path(file).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError):
        return (EVERYTHING,)
    return text.replace(",", " ").split() or (EVERYTHING,)


def _held(state: dict[str, Any]) -> Held:
    # A stage of a later release, met after rolling this one back, is nothing to serve from.
    known = {int(stage) for stage in Stage}
    return Held(
        stage=Stage(state["stage"]) if state["stage"] in known else Stage.MONOLITH,
        dial=Dial(
            shadow_bp=state["shadow_bp"],
            canary_bp=state["canary_bp"],
            verify_bp=state["verify_bp"],
            has_fallback=state["has_fallback"],
        ),
        hold=Hold(state["hold"]),
    )
