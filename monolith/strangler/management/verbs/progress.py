"""A bar for whoever watches a terminal; lines for whoever reads a log."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, str], None]]:
    """Show how a walk over keys goes on: the function given takes keys done, and a note."""
    often = 0.5 if sys.stderr.isatty() else 10  # a log keeps every line
    with tqdm(desc=title, unit=" keys", file=sys.stderr, mininterval=often) as bar:

        def report(keys: int, note: str) -> None:
            bar.set_postfix_str(note, refresh=False)
            bar.update(keys)

        yield report
