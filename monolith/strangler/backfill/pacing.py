"""How many keys make a chunk: as many as half a second takes. Pure."""

from __future__ import annotations

TARGET_SECONDS = 0.5
"""Long enough to be efficient, short enough to stop soon and to lock nobody out for long."""

FIRST_KEYS = 100
_WEIGHT_OF_THE_PAST = 0.75
_GROWTH = 2


class Pace:
    """Keys per second, as a decaying average over the chunks so far."""

    def __init__(self) -> None:
        self._keys_per_second: float | None = None
        self._last_keys = 0

    def next_keys(self, *, at_most: int) -> int:
        """Return the size of the next chunk: at least one, and never far more than the last."""
        if self._keys_per_second is None:
            return min(FIRST_KEYS, at_most)
        fitting = int(self._keys_per_second * TARGET_SECONDS)
        return max(1, min(fitting, self._last_keys * _GROWTH, at_most))

    def note(self, keys: int, seconds: float) -> None:
        """Take in how long a chunk took."""
        rate = keys / max(seconds, 1e-6)
        before = self._keys_per_second
        self._keys_per_second = (
            rate
            if before is None
            else _WEIGHT_OF_THE_PAST * before + (1 - _WEIGHT_OF_THE_PAST) * rate
        )
        self._last_keys = keys
