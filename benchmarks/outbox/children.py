"""Contestants as processes of their own: they end with the block, or with whoever started them."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.figures import ROOT
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_END_SECONDS = 20


class ContestantFailed(Exception):
    """A process ended before it was done; the message ends with what it wrote."""


@dataclass(frozen=True)
class Child:
    """A process at work, and the file that it writes to."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, is_true: Callable[[], bool], what: str, *, seconds: float = 180) -> None:
        """Wait for a condition.

        Raises:
            ContestantFailed: the process ended first.
        """
        wait_until(lambda: self._is_alive() and is_true(), what, seconds=seconds, every=0.02)

    def _is_alive(self) -> bool:
        if self.process.poll() is not None:
            written = self.log.read_text(errors="replace")[-4000:]
            raise ContestantFailed(f"ended with {self.process.returncode}:\n{written}")
        return True


@contextmanager
def running(
    module: str,
    *words: object,
    log: Path,
    environment: Mapping[str, str],
    python: str = sys.executable,
) -> Iterator[Child]:
    """Run a module while the block lasts, then ask it to stop, and insist if it does not."""
    owned = [sys.executable, "-m", "infra.local.owned", str(os.getpid())]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*owned, python, "-m", module, *map(str, words)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Child(process, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def complete(
    module: str, *words: object, python: str = sys.executable, url: str, **environment: str
) -> str:
    """Run a module against a database to its end and return what it printed.

    Raises:
        ContestantFailed: it failed.
    """
    ended = subprocess.run(
        [python, "-m", module, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, **environment},
        text=True,
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        raise ContestantFailed(f"{module} ended with {ended.returncode}:\n{ended.stderr[-4000:]}")
    return ended.stdout
