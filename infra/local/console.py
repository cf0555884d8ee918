"""What `make up` prints: each process's lines, prefixed and coloured, and kept in a file too."""

from __future__ import annotations

import sys
import threading
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_COLOURS = ("36", "33", "35", "32", "34", "96", "93", "95")
_WIDTH = 12
_lock = threading.Lock()


class Console:
    """Prints for many processes at once without tearing lines."""

    def __init__(self, log_dir: Path, *, quiet: bool = False) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self._log_dir = log_dir
        self._quiet = quiet
        self._colours: dict[str, str] = {}

    def say(self, text: str) -> None:
        """Tell the person at the terminal something."""
        self._print("banyan", text, "1;32")

    def shout(self, text: str) -> None:
        """Tell the person at the terminal that something is wrong."""
        self._print("banyan", f"!!! {text}", "1;31")

    def pump(self, name: str, stream: IO[bytes]) -> None:
        """Copy a process's output until it ends, line by line."""
        with stream, self.log_of(name).open("ab", buffering=0) as file:
            for line in stream:
                file.write(line)
                if not self._quiet:
                    self._print(name, line.decode(errors="replace").rstrip(), self._colour(name))

    def log_of(self, name: str) -> Path:
        """Return the file that keeps what a process has said."""
        return self._log_dir / f"{name}.log"

    def _colour(self, name: str) -> str:
        return self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])

    def _print(self, name: str, text: str, colour: str) -> None:
        prefix = f"{name:>{_WIDTH}} |"
        if sys.stdout.isatty():
            prefix = f"\033[{colour}m{prefix}\033[0m"
        with _lock:
            print(prefix, text, flush=True)
