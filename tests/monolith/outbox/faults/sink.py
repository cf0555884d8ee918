"""What the broker accepted, in order, read while relays write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

FAULT = "!"
"""Begins the line of a failure that the broker made on purpose."""


class Publication(NamedTuple):
    """One entry that the broker accepted; `relay` labels the process that handed it in."""

    event_id: str
    stream: str
    version: int
    relay: str = ""
    is_answered: bool = True

    @property
    def line(self) -> str:
        """The publication in a file, without the end of the line."""
        answer = "answered" if self.is_answered else "unanswered"
        return f"{self.event_id} {self.stream} {self.version} {self.relay} {answer}"

    @classmethod
    def parse(cls, line: str) -> Publication:
        """Read a line back."""
        event_id, stream, version, relay, answer = line.split(" ")
        return cls(event_id, stream, int(version), relay, answer == "answered")


class Sink:
    """The file behind the broker. Each look reads only what is new."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._file = path.open("rb")
        self.publications: list[Publication] = []
        self.faults: list[str] = []
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
            self.faults.append(line.removeprefix(FAULT).strip())
        else:
            publication = Publication.parse(line)
            self.publications.append(publication)
            self.event_ids.add(publication.event_id)
