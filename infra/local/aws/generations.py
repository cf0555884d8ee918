"""State on disk: whole generations, of which one is the newest complete one at any instant.

A generation is written beside the others under another name, synced, and renamed: a kill in the
middle leaves the one before it, with all services as they were at one instant.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ABOUT = "generation.json"
PARTIAL = ".partial"


class FolderTaken(Exception):
    """Another process has its state in the folder."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete checkpoint, and the port its addresses name."""

    folder: Path
    checkpoint_at: datetime
    port: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a start found: no instant means nothing, unclean means later changes are lost."""

    checkpoint_at: datetime | None
    clean: bool


class StateFolder:
    """The runner's folder: `generations/`, `live/` (loaded from), and the marks beside them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generations = folder / "generations"
        self._in_use = folder / "in-use"
        self.live = folder / "live"
        self._generations.mkdir(parents=True, exist_ok=True)

    def newest(self) -> Generation | None:
        """Return the newest complete generation."""
        complete = sorted(
            path for path in self._generations.iterdir() if not path.name.endswith(PARTIAL)
        )
        if not complete:
            return None
        about = json.loads((complete[-1] / ABOUT).read_text())
        instant = datetime.fromisoformat(about["checkpoint_at"])
        return Generation(complete[-1], instant, about["port"])

    def write(
        self,
        states: Mapping[str, Callable[[TextIO], None]],
        *,
        checkpoint_at: datetime,
        port: int,
    ) -> Generation:
        """Write a generation, one file per state, and forget the ones before it."""
        newest = self.newest()
        number = int(newest.folder.name) + 1 if newest else 1
        partial = self._generations / f"{number:08}{PARTIAL}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for name, write_state in states.items():
            _write_synced(partial / f"{name}.json", write_state)
        about = {"checkpoint_at": checkpoint_at.isoformat(), "port": port}
        _write_synced(partial / ABOUT, lambda file: json.dump(about, file))
        _sync_folder(partial)
        return self._complete(partial, Generation(partial, checkpoint_at, port))

    def open(self, *, port: int) -> Restored:
        """Bring the newest generation into `live/`, and mark the folder as in use.

        Raises:
            FolderTaken: another process uses it; two would destroy each other's state.
        """
        self._lock()
        generation = self.newest()
        was_left_in_order = not self._in_use.exists()
        self._clear_live()
        if generation:
            self._bring_in(generation, port=port)
        _write_synced(self._in_use, lambda _: None)
        found = Restored(
            checkpoint_at=generation.checkpoint_at if generation else None,
            clean=was_left_in_order and generation is not None,
        )
        self._tell(found)
        return found

    def leave_in_order(self) -> None:
        """Mark that the newest generation holds everything."""
        self._in_use.unlink(missing_ok=True)
        os.close(self._lock_handle)
        _sync_folder(self._folder)

    def _lock(self) -> None:
        # Held until this process ends, however it ends.
        self._lock_handle = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(self._lock_handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock_handle)
            raise FolderTaken(f"another local AWS uses {self._folder}") from error

    def _complete(self, partial: Path, written: Generation) -> Generation:
        final = partial.with_name(partial.name.removesuffix(PARTIAL))
        partial.rename(final)
        _sync_folder(self._generations)
        for path in self._generations.iterdir():
            if path != final:
                shutil.rmtree(path)
        return Generation(final, written.checkpoint_at, written.port)

    def _clear_live(self) -> None:
        self.live.mkdir(exist_ok=True)
        for path in self.live.glob("*.json"):
            path.unlink()

    def _bring_in(self, generation: Generation, *, port: int) -> None:
        for path in generation.folder.glob("*.json"):
            text = path.read_text()
            for host in ("localhost", "127.0.0.1"):  # queue addresses and the like hold the port
                text = text.replace(f"{host}:{generation.port}", f"{host}:{port}")
            (self.live / path.name).write_text(text)
        (self.live / ABOUT).unlink()

    def _tell(self, found: Restored) -> None:
        told = {
            "checkpoint_at": found.checkpoint_at and found.checkpoint_at.isoformat(),
            "clean": found.clean,
        }
        temporary = self._folder / "restored.json.new"
        _write_synced(temporary, lambda file: json.dump(told, file))
        temporary.rename(self._folder / "restored.json")


def _write_synced(path: Path, write: Callable[[TextIO], None]) -> None:
    with path.open("w") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
