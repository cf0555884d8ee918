"""`child.py JOURNAL NAME HOW [CODE]`: a process that writes down when it starts and stops.

HOW is `lives` (until it is asked to stop), `tidies` (takes a moment to stop), `stubborn` (does not
stop when asked), `parent` (as stubborn as the child that it has) or `ends` (at once, with CODE).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

_TIDYING_SECONDS = 0.3


def main() -> None:
    """Do what the arguments say."""
    journal, name, how, *code = sys.argv[1:]
    if how == "parent" and os.fork() == 0:
        name += "s-child"
    signal.signal(signal.SIGTERM, lambda *_: stop(journal, name, how))
    note(journal, f"start {name} {os.getpid()}")
    sys.stdout.write(f"{name} has started\n")
    sys.stdout.flush()
    if how == "ends":
        sys.exit(int(*code))
    while True:
        signal.pause()


def stop(journal: str, name: str, how: str) -> None:
    """Leave, unless that is not what it does."""
    if how == "tidies":
        time.sleep(_TIDYING_SECONDS)
    if how in {"lives", "tidies"}:
        note(journal, f"stop {name} {os.getpid()}")
        sys.exit()


def note(journal: str, text: str) -> None:
    """Add a line that no other process's line can run into."""
    with Path(journal).open("a") as file:
        file.write(f"{text}\n")


if __name__ == "__main__":
    main()
