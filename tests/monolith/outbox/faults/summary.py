"""The table at the end of the run: what every scenario did to the outbox, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.monolith.outbox.faults.verdicts import Verdict

_HEAD = (
    "scenario",
    "relays",
    "events",
    "faults",
    "lost",
    "inversions",
    "duplicates",
    "worst per fault",
    "allowed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line. `allowed` bounds the repetitions that one fault may cause."""

    scenario: str
    relays: int
    events: int
    faults: int
    verdict: Verdict
    worst: int
    allowed: int

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as texts."""
        found = self.verdict
        figures = (found.lost, found.inversions, found.duplicates, self.worst, self.allowed)
        return (self.scenario, *map(str, (self.relays, self.events, self.faults, *figures)))

    def assert_sound(self, seed: int) -> None:
        """Insist on the guarantee: nothing lost or reordered, few repetitions.

        Raises:
            AssertionError: it was broken.
        """
        found = self.verdict
        said = f"{self}; seed {seed}"
        assert (found.lost, found.phantoms, found.inversions) == (0, 0, 0), said
        assert found.duplicates <= self.allowed * self.faults, said
        assert self.worst <= self.allowed, said


def table(results: Iterable[Result]) -> list[str]:
    """Lay the results out, one line each, under a head."""
    rows = [_HEAD, *(result.cells for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_aligned(row, widths)) for row in rows]


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    first, *figures = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(text.rjust(width) for text, width in figures)]
