"""Has the code in the working tree changed since the workers started?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Fingerprint = frozenset[tuple[str, int, int]]


class SourceWatch:
    """Compares the Python files under some folders with how they were at the last look."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._seen = self._look()

    def has_changed(self) -> bool:
        """Say whether a file was written, added or removed since the last call."""
        now = self._look()
        changed = now != self._seen
        self._seen = now
        return changed

    def _look(self) -> Fingerprint:
        return frozenset(
            _fingerprint(entry)
            for folder in self._folders
            for entry in python_files(os.fspath(folder))
        )


def _fingerprint(entry: os.DirEntry[str]) -> tuple[str, int, int]:
    status = entry.stat()
    return entry.path, status.st_mtime_ns, status.st_size


def python_files(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield the Python files under a folder; an absent folder has none."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.endswith(".py"):
            yield entry
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from python_files(entry.path)
