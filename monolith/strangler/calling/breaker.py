"""Stops asking a service that keeps failing; one read a second finds out whether it is back.

Per path and per process: a process that cannot reach the service knows it before anybody else.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES_IN_A_ROW = 5
WINDOW_SECONDS = 10.0
LEAST_READS = 20
SHARE_OF_FAILURES = 0.2
PROBE_SECONDS = 1.0
PROBES_TO_CLOSE = 3


class BreakerState(StrEnum):
    """How a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """One path's breaker: opens after 5 failures in a row, or a fifth of 20 reads within 10 s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: deque[tuple[float, bool]] = deque(maxlen=2_000)
        self._failures_in_a_row = 0
        self._is_open = False
        self._next_probe = 0.0
        self._probes_passed = 0

    @property
    def state(self) -> BreakerState:
        """How it stands."""
        if not self._is_open:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self._probes_passed else BreakerState.OPEN

    def allows(self) -> bool:
        """Tell whether the service might be asked now; changes nothing."""
        return not self._is_open or self._clock() >= self._next_probe

    def admit(self) -> bool:
        """Let a caller ask the service; while open, only one a second."""
        if not self._is_open:
            return True
        with self._lock:
            if self._clock() < self._next_probe:
                return False
            self._next_probe = self._clock() + PROBE_SECONDS
            return True

    def note(self, *, is_failure: bool) -> bool:
        """Note how asking the service went; tell whether that opened the breaker."""
        with self._lock:
            if self._is_open:
                self._note_probe(is_failure)
                return False
            self._recent.append((self._clock(), is_failure))
            self._failures_in_a_row = self._failures_in_a_row + 1 if is_failure else 0
            if is_failure and self._is_too_much():
                self._open()
            return self._is_open

    def _note_probe(self, is_failure: bool) -> None:  # noqa: FBT001
        self._probes_passed = 0 if is_failure else self._probes_passed + 1
        if self._probes_passed >= PROBES_TO_CLOSE:
            self._is_open, self._failures_in_a_row = False, 0
            self._recent.clear()

    def _open(self) -> None:
        self._is_open, self._probes_passed = True, 0
        self._next_probe = self._clock() + PROBE_SECONDS

    def _is_too_much(self) -> bool:
        if self._failures_in_a_row >= FAILURES_IN_A_ROW:
            return True
        since = self._clock() - WINDOW_SECONDS
        recent = [is_failure for at, is_failure in self._recent if at >= since]
        return len(recent) >= LEAST_READS and sum(recent) > SHARE_OF_FAILURES * len(recent)


_breakers: dict[str, Breaker] = {}


def breaker_of(path: str) -> Breaker:
    """Return this process's breaker of a path."""
    return _breakers.get(path) or _breakers.setdefault(path, Breaker())


def forget() -> None:
    """Begin anew with closed breakers."""
    _breakers.clear()
