"""A supervisor with real processes of no use, and what they wrote down."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from infra.local.console import Console
from infra.local.processes import Program
from infra.local.supervisor import Supervisor
from infra.local.waiting import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
CHILD = str(Path(__file__).with_name("child.py"))
_LONGEST_WATCH_SECONDS = 60


class Stage:
    """Where a supervisor performs: its journal is what the processes noted, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.console = Console(folder / "logs", quiet=True)
        self.ends_when: Callable[[], bool] = lambda: False
        self.supervisor = Supervisor(directory=ROOT, console=self.console, is_over=self.is_over)

    def is_over(self) -> bool:
        """Tell whether somebody has pressed Ctrl-C, so to speak."""
        return self.ends_when()

    def program(self, name: str, how: str = "lives", *code: str, **options: Any) -> Program:
        """Return a program of child.py; it is ready when it has noted its start."""
        options.setdefault("is_ready", lambda: self._has_noted(name))
        journal = str(self.folder / "journal")
        return Program(
            name=name, command=(sys.executable, CHILD, journal, name, how, *code), **options
        )

    def watch_until(self, condition: Callable[[], bool]) -> None:
        """Let the supervisor look after its processes until a condition holds."""
        deadline = time.monotonic() + _LONGEST_WATCH_SECONDS
        self.ends_when = lambda: condition() or time.monotonic() > deadline
        with suppress(Interrupted):
            self.supervisor.watch()
        self.ends_when = lambda: False
        assert condition()

    def starts(self, name: str) -> int:
        """Return how often a process has started."""
        return sum(line.startswith(f"start {name} ") for line in self._journal())

    def stopped(self) -> list[str]:
        """Return who stopped by itself, in that order."""
        return [line.split()[1] for line in self._journal() if line.startswith("stop ")]

    def living(self) -> list[str]:
        """Return whose processes are still there."""
        noted = {int(line.split()[2]): line.split()[1] for line in self._journal()}
        return [name for pid, name in noted.items() if is_alive(pid)]

    def _has_noted(self, name: str) -> bool:
        return f"start {name} {self.supervisor.pids[name]}" in self._journal()

    def _journal(self) -> list[str]:
        journal = self.folder / "journal"
        return journal.read_text().splitlines() if journal.exists() else []


def is_alive(pid: int) -> bool:
    """Tell whether a process is there, and not only its exit code."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
