"""`.banyan/run.json`: what runs and where, for scripts and for `manage.py`."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NAME = "run.json"
_LOCK = "run.lock"


class AlreadyRunning(Exception):
    """Another shop runs from the same state directory."""


def claim(state_dir: Path) -> None:
    """Make sure that nobody else runs from this directory, as long as this process lives.

    Raises:
        AlreadyRunning: somebody does; the message gives the address.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    # Never closed. The end of the process gives it back, however it comes; a process id in a file
    # would by then be somebody else's.
    lock = os.open(state_dir / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        running = read(state_dir)
        where = f"{running.get('web', 'not open yet')} (process {running.get('pid', 'unknown')})"
        raise AlreadyRunning(f"a shop runs from here already: {where}") from None
    write(state_dir, {"pid": os.getpid()})


def read(state_dir: Path) -> dict[str, Any]:
    """Return what runs, or nothing."""
    try:
        content: dict[str, Any] = json.loads((state_dir / NAME).read_text())
    except FileNotFoundError:
        return {}
    return content


def write(state_dir: Path, content: dict[str, Any]) -> None:
    """Replace the file in one step: no reader sees half of it."""
    state_dir.mkdir(parents=True, exist_ok=True)
    fresh = state_dir / f"{NAME}.new"
    fresh.write_text(json.dumps(content, indent=2) + "\n")
    fresh.replace(state_dir / NAME)


def remove(state_dir: Path) -> None:
    """Say that nothing runs."""
    (state_dir / NAME).unlink(missing_ok=True)
