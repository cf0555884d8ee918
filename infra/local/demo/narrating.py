"""The voice of the story: what happens now, and how long after the beginning."""

from __future__ import annotations

import sys
import time

_NOISE = ('{"', "reconcile ", "backfill ", "asking:", "looking again:")


class Narrator:
    """Speaks at the terminal."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def chapter(self, title: str, *lines: str) -> None:
        """Begin a chapter, and say what it is about."""
        print(f"\n{self._clock()}  {_bold(title)}", flush=True)
        for line in lines:
            print(f"       {line}", flush=True)

    def say(self, text: str) -> None:
        """Say something within a chapter."""
        print(f"{self._clock()}  {text}", flush=True)

    def quote(self, line: str) -> None:
        """Repeat what a command has printed; bars of progress and logs are left out."""
        words = line.rpartition("\r")[2].strip()
        if words and not words.startswith(_NOISE):
            print(f"{self._clock()}  | {line}", flush=True)

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes:>2}:{seconds:02}"


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text
