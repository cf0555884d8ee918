"""Commands that run to their end while the shop is being opened."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from infra.local.processes import Process, Program
from infra.local.waiting import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.local.console import Console

_LOOK_EVERY_SECONDS = 0.05
_STOP_SECONDS = 1.5  # the rest of the ten seconds is the supervisor's


class StepFailed(Exception):
    """A step of opening the shop failed; the message names it and its log."""


class Steps:
    """Runs commands one after the other and tells how long each took."""

    def __init__(
        self,
        *,
        directory: Path,
        console: Console,
        environment: dict[str, str],
        is_over: Callable[[], bool],
    ) -> None:
        self._is_over = is_over
        self._directory = directory
        self._console = console
        self._environment = environment

    def manage(self, name: str, *words: str) -> None:
        """Run a `manage.py` command.

        Raises:
            StepFailed: it did not end well.
        """
        self.run(name, sys.executable, "manage.py", *words)

    def run(self, name: str, *command: str) -> None:
        """Run a command.

        Raises:
            Interrupted: it was over before the command was.
            StepFailed: it did not end well.
        """
        program = Program(name=name, command=command, environment=self._environment)
        began = time.monotonic()
        process = Process(program, self._console, self._directory)
        while process.exit_code is None:
            if self._is_over():
                process.ask_to_stop()
                process.wait_stopped(seconds=_STOP_SECONDS)
                raise Interrupted(f"during {name}")
            time.sleep(_LOOK_EVERY_SECONDS)
        process.wait_stopped(seconds=_STOP_SECONDS)
        if process.exit_code != 0:
            log = self._console.log_of(name)
            raise StepFailed(f"{name} ended with {process.exit_code}: see its log {log}")
        self._console.say(f"{name}: done in {time.monotonic() - began:.1f} s")
