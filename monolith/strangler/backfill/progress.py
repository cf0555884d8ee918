"""How far a backfill has come, when it will be done, and whether anybody is at it, for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monolith.strangler import registry
from monolith.strangler.models import BackfillChunk, BackfillRun

if TYPE_CHECKING:
    from datetime import datetime

# A process that is at it says so every two seconds, or after every chunk.
STUCK_SECONDS = 30.0
_CHUNKS_FOR_THE_ETA = 20
_MINUTE, _HOUR = 60, 3_600


class State(StrEnum):
    """What a backfill is at."""

    RUNNING = "running"
    THROTTLED = "throttled"
    PAUSED = "paused"
    STUCK = "stuck"  # it should go on, but nothing has moved it for half a minute
    FINISHED = "finished"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one backfill has come. `eta_seconds` is None while there is nothing to measure by."""

    path: str
    state: State
    keys_done: int
    keys_expected: int | None
    chunk_keys: int
    chunk_seconds: float
    throttled_by: str
    quiet_seconds: float
    eta_seconds: float | None

    def __str__(self) -> str:
        return "; ".join(
            part for part in (self._copied, self._chunk, self._state, self._eta) if part
        )

    def facts(self) -> dict[str, object]:
        """Return the same for scripts: plain JSON values."""
        return asdict(self)

    @property
    def _copied(self) -> str:
        if not self.keys_expected:
            return f"Copy: {self.keys_done}"
        percent = min(100 * self.keys_done / self.keys_expected, 100.0)
        return f"Copy: {self.keys_done}/{self.keys_expected} {percent:.1f}%"

    @property
    def _chunk(self) -> str:
        return f"chunk {self.chunk_keys} keys/{self.chunk_seconds:.2f} s" if self.chunk_keys else ""

    @property
    def _state(self) -> str:
        if self.state is State.STUCK:
            return f"STUCK: no process has moved it for {_length(self.quiet_seconds)}"
        if self.state in (State.THROTTLED, State.PAUSED):
            return f"throttled: {self.throttled_by}"
        return self.state.value

    @property
    def _eta(self) -> str:
        if self.state in (State.FINISHED, State.ABORTED):
            return ""
        return "ETA measuring" if self.eta_seconds is None else f"ETA {_length(self.eta_seconds)}"


def get_progress(path: str, *, at: datetime) -> Progress | None:
    """Return how far the latest backfill of a path has come; None if there was none.

    Raises:
        PathNotDeclared: there is no such path.
    """
    registry.get_path(path)
    latest = BackfillRun.objects.filter(path=path).order_by("-started_at", "-pk").first()
    return None if latest is None else progress_of(latest, at=at)


def progress_of(backfill: BackfillRun, *, at: datetime) -> Progress:
    """Return how far this backfill has come."""
    chunks = list(backfill.chunks.order_by("-at", "-pk")[:_CHUNKS_FOR_THE_ETA])
    quiet = (at - (backfill.active_at or backfill.started_at)).total_seconds()
    return Progress(
        path=backfill.path,
        state=_state_of(backfill, quiet),
        keys_done=backfill.keys_done,
        keys_expected=backfill.keys_expected,
        chunk_keys=chunks[0].keys if chunks else 0,
        chunk_seconds=chunks[0].seconds if chunks else 0.0,
        throttled_by=backfill.throttled_by,
        quiet_seconds=quiet,
        eta_seconds=_eta_seconds(backfill, chunks, at),
    )


def _state_of(backfill: BackfillRun, quiet: float) -> State:
    if backfill.finished_at is not None:
        return State.FINISHED
    if backfill.abandoned_at is not None:
        return State.ABORTED
    if backfill.paused_by:
        return State.PAUSED
    if quiet > STUCK_SECONDS:
        return State.STUCK
    return State.THROTTLED if backfill.throttled_by else State.RUNNING


def _eta_seconds(
    backfill: BackfillRun, newest_first: list[BackfillChunk], at: datetime
) -> float | None:
    """Keys left at the rate of the latest chunks, the time between them and since them included."""
    if backfill.keys_expected is None or len(newest_first) < 2:  # noqa: PLR2004
        return None
    seconds = (at - newest_first[-1].at).total_seconds()
    keys = sum(chunk.keys for chunk in newest_first[:-1])
    left = max(backfill.keys_expected - backfill.keys_done, 0)
    return left * max(seconds, 0.0) / keys if keys else None


def _length(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f}s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f}m"
    return f"{seconds / _HOUR:.1f}h"
