"""At most so many events a second, in bursts of a batch. Pure: clock and sleep are passed in."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Throttle:
    """A token bucket: `per_second` tokens a second flow in, up to `burst`; it begins full."""

    def __init__(
        self,
        *,
        per_second: float,
        burst: int,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._wait = wait
        self._tokens = float(burst)
        self._filled_at = clock()

    def take(self, count: int) -> None:
        """Take tokens, at most `burst`, and wait for those that are not there yet."""
        self._fill()
        missing = count - self._tokens
        if missing > 0:
            self._wait(missing / self._per_second)
            self._fill()
        # What a sleep that ended early left missing is owed.
        self._tokens -= count

    def _fill(self) -> None:
        now = self._clock()
        gained = (now - self._filled_at) * self._per_second
        self._tokens = min(self._tokens + gained, self._burst)
        self._filled_at = now
