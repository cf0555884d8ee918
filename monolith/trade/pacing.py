"""How long to wait before the next invoice of a replay, so that a stop is obeyed at once."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event


class Pace(Protocol):
    """Says how many seconds from now an invoice of a given instant is due."""

    def seconds_until(self, at: datetime) -> float:
        """Return how long to wait; zero or less: not at all."""


class AsFastAsPossible:
    """No waiting."""

    def seconds_until(self, at: datetime) -> float:  # noqa: ARG002 - any instant is due now
        """Return zero."""
        return 0


class TimesRealTime:
    """So many times faster than it happened, counted from the first invoice."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._began: tuple[float, datetime] | None = None

    def seconds_until(self, at: datetime) -> float:
        """Return how long it is until an invoice's turn; lost time is made up for."""
        if self._began is None:
            self._began = (monotonic(), at)
        began, first_at = self._began
        return began + (at - first_at).total_seconds() / self._factor - monotonic()


class SecondsPerInvoice:
    """One invoice every so many seconds, whatever the time between them was."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due: float | None = None

    def seconds_until(self, at: datetime) -> float:  # noqa: ARG002 - only the number of invoices counts
        """Return how long it is until the next invoice's turn; lost time is not made up for."""
        now = monotonic()
        wait = 0 if self._due is None else max(0, self._due - now)
        self._due = now + wait + self._seconds
        return wait


def wait_for(pace: Pace, at: datetime, *, stopping: Event) -> bool:
    """Wait until an invoice's turn without using the processor; False if told to stop instead."""
    seconds = pace.seconds_until(at)
    if seconds > 0:
        stopping.wait(seconds)
    return not stopping.is_set()
