"""The voice of the story: what happens now, and how long after the beginning."""

from __future__ import annotations

import re
import sys
import time

# What carries the story; tables, bars of progress and logs are for whoever types the command.
_WORTH = re.compile(
    r"\[[ x]\] |  \$ |  waits: |  by hand: |  ended with |  PASS |  FAIL |  effect |"
    r"  [\d]+/[\d]+ processes |checked |order_history[: ]|backfill of |plan \d|CommandError"
)


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
        """Repeat what a command has printed, as far as it carries the story."""
        said = line.rpartition("\r")[2]
        if _WORTH.match(said):
            print(f"{self._clock()}  | {said}", flush=True)

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes:>2}:{seconds:02}"


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text
