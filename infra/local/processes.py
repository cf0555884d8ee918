"""One process of the running shop: how it is started, when it is ready, how it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.waiting import Interrupted, NeverHappened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.local.console import Console

_READY_EVERY_SECONDS = 0.05
_OWNED = (sys.executable, "-m", "infra.local.owned")


class DidNotStart(Exception):
    """A process ended, or never became ready, while it was being started."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `is_ready` is asked until it says yes; `stop_signal` asks for a clean end.

    One that has `ended` is told how it ended by itself, and is not started again whatever it was.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] = lambda: True
    ready_seconds: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    owns_its_end: bool = False  # it ties its life to its parent's itself
    ends_by_itself: bool = False  # it has finished when it ends well
    ended: Callable[[int], None] | None = None


class Process:
    """A running program."""

    def __init__(self, program: Program, console: Console, directory: Path) -> None:
        self.program = program
        wrapper = () if program.owns_its_end else (*_OWNED, str(os.getpid()))
        # A session of its own: Ctrl-C is for the supervisor, which stops everything in order.
        self._popen = subprocess.Popen(
            [*wrapper, *program.command],
            cwd=directory,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._popen.stdout is not None  # noqa: S101
        self._output = threading.Thread(
            target=console.pump, args=(program.name, self._popen.stdout), daemon=True
        )
        self._output.start()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, or None while it runs."""
        return self._popen.poll()

    def wait_ready(self, is_over: Callable[[], bool]) -> None:
        """Return when it is ready.

        Raises:
            DidNotStart: it ended, or was not ready in time.
            Interrupted: it was over before that.
        """
        deadline = time.monotonic() + self.program.ready_seconds
        while not self.program.is_ready():
            if is_over():
                raise Interrupted(f"while {self.program.name} was starting")
            if self.exit_code is not None:
                raise DidNotStart(f"{self.program.name} ended with {self.exit_code}")
            if time.monotonic() > deadline:
                seconds = self.program.ready_seconds
                raise DidNotStart(f"{self.program.name} was not ready within {seconds:g} s")
            time.sleep(_READY_EVERY_SECONDS)

    def ask_to_stop(self) -> None:
        """Send the signal for a clean end."""
        if self.exit_code is None:
            self._popen.send_signal(self.program.stop_signal)

    def wait_stopped(self, *, seconds: float) -> None:
        """Wait for its end; after so many seconds, end it and its children the hard way.

        Raises:
            NeverHappened: it had to be killed.
        """
        try:
            self._popen.wait(timeout=max(seconds, 0.01))
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
            raise NeverHappened(f"{self.program.name} did not stop by itself: killed") from None
        finally:
            self._output.join(timeout=1)
