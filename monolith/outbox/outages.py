"""How long to wait after failures, and which topics are down. Pure: the clock is passed in.

An outage is a call that failed as a whole. It says nothing about any message, so it counts as
nobody's attempt.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

_LEAST_SHARE = 0.5


def backoff(*, failures: int, first: float, ceiling: float) -> float:
    """Return seconds to wait after that many failures in a row: doubling, capped, with jitter.

    Jitter takes up to half away, so that relays that failed together do not come back together.
    """
    doubled = first * 2.0 ** min(failures - 1, 60)
    return min(doubled, ceiling) * random.uniform(_LEAST_SHARE, 1.0)  # noqa: S311 - not a secret


@dataclass(slots=True)
class _Outage:
    failures: int = 0
    retry_at: float = 0.0


class Outages:
    """A circuit breaker per topic: while one is down, a single call probes it now and then."""

    def __init__(self, *, first: float, ceiling: float) -> None:
        self._first = first
        self._ceiling = ceiling
        self._down: dict[str, _Outage] = {}

    def allows(self, topic: str, *, now: float, calls_in_flight: int) -> bool:
        """Return whether a call to a topic makes sense now."""
        outage = self._down.get(topic)
        return outage is None or (now >= outage.retry_at and calls_in_flight == 0)

    def suspended(self, *, now: float) -> list[str]:
        """Return the topics that are not worth reading for yet."""
        return [topic for topic, outage in self._down.items() if now < outage.retry_at]

    def begin(self, topic: str, *, now: float) -> float:
        """Note a failed call and return when to try again. Calls failing together count once."""
        outage = self._down.setdefault(topic, _Outage())
        if now >= outage.retry_at:
            outage.failures += 1
            outage.retry_at = now + backoff(
                failures=outage.failures, first=self._first, ceiling=self._ceiling
            )
        return outage.retry_at

    def is_down(self, topic: str) -> bool:
        """Return whether the last call failed."""
        return topic in self._down

    def end(self, topic: str) -> bool:
        """Note a call that went through and return whether that ended an outage."""
        return self._down.pop(topic, None) is not None
