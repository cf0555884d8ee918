"""Commands that run to their end while the shop is being opened."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.console import Console


class StepFailed(Exception):
    """A step of opening the shop failed; the message names it and its log."""


class Steps:
    """Runs commands one after the other and tells how long each took."""

    def __init__(self, *, directory: Path, console: Console, environment: dict[str, str]) -> None:
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
            StepFailed: it did not end well.
        """
        began = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "infra.local.owned", *command],
            cwd=self._directory,
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None  # noqa: S101
            self._console.pump(name, process.stdout)
        if process.returncode != 0:
            raise StepFailed(f"{name} ended with {process.returncode}: see its log {name}.log")
        self._console.say(f"{name}: done in {time.monotonic() - began:.1f} s")
