"""Counts what is seen of moving reads, in this process, until it is handed in."""

from __future__ import annotations

import threading
from collections import Counter

from monolith.strangler.statistics import bucket_of

_lock = threading.Lock()
_counts: Counter[tuple[str, str, str]] = Counter()


def add(path: str, series: str, name: str, count: int = 1) -> None:
    """Count something seen of a path. Safe from any thread; touches nothing outside the process."""
    with _lock:
        _counts[path, series, name] += count


def time_taken(path: str, series: str, milliseconds: float) -> None:
    """Count a length of time in its histogram."""
    add(path, series, str(bucket_of(milliseconds)))


def observe(path: str, watch: str, *, is_bad: bool) -> None:
    """Tell a watch of one more thing."""
    add(path, f"watch-{watch}", "bad" if is_bad else "good")


def alert(path: str, watch: str) -> None:
    """Tell a watch of something so bad that it is acted upon at once."""
    observe(path, watch, is_bad=True)
