"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Interrupted(Exception):
    """Somebody asked to stop before it was done."""


class NeverHappened(Exception):
    """What was waited for did not come true in time; the message names it."""


def wait_until(
    is_true: Callable[[], bool], what: str, *, seconds: float = 30, every: float = 0.05
) -> None:
    """Return as soon as the condition holds.

    Raises:
        NeverHappened: it did not hold within so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise NeverHappened(f"{what}: not within {seconds:g} s")
        time.sleep(every)
