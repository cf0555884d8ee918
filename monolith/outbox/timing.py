"""When the relay looks at the table without being told, and what can end its sleep early."""

from __future__ import annotations

import heapq
import math
import os
import select
from contextlib import suppress

_FIRST_LOOK_SECONDS = 0.25


class Timetable:
    """The instants at which to look. Pure: the clock is passed in.

    After each activity come a few looks, further and further apart, until the heartbeat alone is
    enough: a wake-up that got lost then costs little.
    """

    def __init__(self, *, slowest_seconds: float) -> None:
        self._slowest = slowest_seconds
        self._pause = slowest_seconds
        self._alarms: list[float] = []
        self._next_look = float("inf")

    @property
    def next_at(self) -> float:
        """The next instant; infinite if there is none."""
        return min(self._next_look, self._alarms[0] if self._alarms else float("inf"))

    def set_alarm(self, at: float) -> None:
        """Look at that instant, whatever else happens."""
        heapq.heappush(self._alarms, at)

    def note_activity(self, *, now: float) -> None:
        """Something was found: look again soon."""
        self._pause = _FIRST_LOOK_SECONDS
        self._next_look = now + self._pause

    def is_due(self, now: float) -> bool:
        """Return whether it is time to look, and strike that time off."""
        due = now >= self.next_at
        while self._alarms and now >= self._alarms[0]:
            heapq.heappop(self._alarms)
        if now >= self._next_look:
            self._pause *= 2
            self._next_look = now + self._pause if self._pause < self._slowest else float("inf")
        return due


class Bell:
    """Wakes a thread that waits for a socket. Any thread or signal handler may ring it."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)

    def ring(self) -> None:
        """End the wait under way, or the next one."""
        with suppress(BlockingIOError):  # full of rings already
            os.write(self._write_end, b"\0")

    def wait(self, socket: int, seconds: float) -> None:
        """Wait until the bell is rung, the socket has something to read or the time is over."""
        waiting = select.poll()
        waiting.register(self._read_end, select.POLLIN)
        waiting.register(socket, select.POLLIN)
        # Rounded up: waking a moment too early would mean going round once more for nothing.
        waiting.poll(max(math.ceil(seconds * 1000), 0))
        with suppress(BlockingIOError):
            os.read(self._read_end, 4096)

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read_end)
        os.close(self._write_end)
