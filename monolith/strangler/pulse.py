"""The pulse of a process that routes reads.

Once a second it learns what is in force, hands in what it has counted, acts upon alarms, and says
that it is alive.

Nothing that a customer waits for happens here, and nothing here is waited for by a customer.
"""

from __future__ import annotations

import atexit
import threading
import time
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from monolith.strangler.counting import tallies
from monolith.strangler.state import controls, effects
from monolith.strangler.watching import reacting

if TYPE_CHECKING:
    from datetime import datetime

logger = structlog.get_logger(__name__)

# How often a process says that it is alive when there is nothing new to say.
_ALIVE_SECONDS = 3.0
_NOTHING = -1


class Pulse:
    """Beats once a second in a thread of its own until it is stopped."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._started_at = timezone.now()
        self._stopping = threading.Event()
        self._said_version = _NOTHING
        self._said_at = 0.0
        self._thread = threading.Thread(target=self._run, name="strangler-pulse", daemon=True)

    def start(self) -> None:
        """Begin to beat; from now on no reader looks for itself."""
        controls.cache.is_driven = True
        self._thread.start()

    def stop(self) -> None:
        """Beat once more, to hand in what is left, say goodbye, and end the thread."""
        self._stopping.set()
        tallies.urgent.set()
        self._thread.join(timeout=5)

    def beat(self, at: datetime) -> None:
        """Learn, hand in, act, and say so."""
        controls.cache.poll()
        if reacting.hand_in(at):
            controls.cache.poll()
        self._say_alive(timezone.now())

    def _say_alive(self, at: datetime) -> None:
        if controls.cache.current() is None:
            self._say_lost(at)
            return
        version = controls.cache.last_known().version
        is_news = version != self._said_version
        if is_news or time.monotonic() - self._said_at >= _ALIVE_SECONDS:
            effects.say_alive(
                self._kind, started_at=self._started_at, control_version=version, at=at
            )
            self._said_version, self._said_at = version, time.monotonic()
            effects.note_effects(at)

    def _say_lost(self, at: datetime) -> None:
        # Whoever does not know what is in force serves nobody by it: no change waits for them.
        if self._said_version != _NOTHING:
            effects.say_gone()
            effects.note_effects(at)
            self._said_version = _NOTHING

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._try_to_beat()
            # Whatever nobody may wait a second for, wakes it.
            tallies.urgent.wait(controls.POLL_SECONDS)
        self._try_to_beat()
        self._say_goodbye()
        connection.close()

    def _try_to_beat(self) -> None:
        try:
            close_old_connections()
            self.beat(timezone.now())
        except Exception:  # the pulse goes on, whatever it is
            tallies.urgent.clear()
            logger.exception("beat of the strangler's pulse failed")

    def _say_goodbye(self) -> None:
        try:
            effects.say_gone()
        except DatabaseError as error:
            logger.warning("left without saying so", error=str(error))


_pulses: list[Pulse] = []


def start(kind: str) -> None:
    """Start this process's pulse, once; call it after a fork. It stops when the process ends."""
    if _pulses:
        return
    pulse = Pulse(kind)
    _pulses.append(pulse)
    pulse.start()
    atexit.register(pulse.stop)
