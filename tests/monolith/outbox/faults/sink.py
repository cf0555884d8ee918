"""What the broker accepted, in order, read while relays write it."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

FAULT = "!"
"""Begins the line of a failure that the broker made on purpose."""


class Fault(StrEnum):
    """What the broker does wrong."""

    DOWN = auto()
    UNANSWERED = auto()
    """Accepted, and never confirmed."""
    THROTTLED = auto()
    ENTRY_THROTTLED = auto()
    REFUSED = auto()
    """Single entries, by their own fault."""


class Publication(NamedTuple):
    """One entry that the broker accepted; `relay` labels the process that handed it in.

    `unanswered_call` numbers the calls of that process that got no answer; 0: it got one.
    """

    event_id: str
    stream: str
    version: int
    relay: str = ""
    unanswered_call: int = 0

    @property
    def line(self) -> str:
        """The publication in a file, without the end of the line."""
        return " ".join(map(str, self))

    @classmethod
    def parse(cls, line: str) -> Publication:
        """Read a line back."""
        event_id, stream, version, relay, unanswered_call = line.split(" ")
        return cls(event_id, stream, int(version), relay, int(unanswered_call))


class Sink:
    """The file behind the broker. Each look reads only what is new."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._file = path.open("rb")
        self.publications: list[Publication] = []
        self.faults: list[Fault] = []
        self.event_ids: set[str] = set()
        self._rest = b""

    def look(self) -> int:
        """Read what was accepted since, and return how many events of that are no repetitions."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        before = len(self.event_ids)
        for line in lines:
            self._add(line.decode())
        return len(self.event_ids) - before

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _add(self, line: str) -> None:
        if line.startswith(FAULT):
            self.faults.append(Fault(line.removeprefix(FAULT).strip()))
        else:
            publication = Publication.parse(line)
            self.publications.append(publication)
            self.event_ids.add(publication.event_id)
