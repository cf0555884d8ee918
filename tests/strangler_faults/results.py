"""The table at the end of the run: what each fault did to customers, and how soon it was over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.strangler_faults.crowd import FAILED, FOREIGN, RIGHT, STALE, WRONG

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

# The contract: what is broken is found within a minute, and off within five seconds everywhere.
DETECTED_SECONDS = 60.0
EFFECTIVE_SECONDS = 5.0
_HEAD = (
    "fault", "rung", "pages", "service's", "stale", "foreign", "wrong", "failed", "slowest s",
    "detected s", "effective s", "now", "because",
)  # fmt: skip
_LONGEST_REASON = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line. `detected` and `effective` in seconds; None: it did not happen.

    `effective` is the longest of what the processes themselves measured and what the customers saw:
    the last page that the service answered after the path had been taken from it. `may_be_wrong`:
    wrong values can only be found by comparing what was shown, so some are shown.
    """

    fault: str
    rung: str
    seen: Counter[str]
    by_service: int
    slowest: float
    detected: float | None
    effective: float | None
    now: str
    because: str
    may_be_wrong: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as texts."""
        verdicts = (self.seen[name] for name in (STALE, FOREIGN, WRONG, FAILED))
        return (
            self.fault,
            self.rung,
            str(self.seen.total()),
            str(self.by_service),
            *map(str, verdicts),
            f"{self.slowest:.1f}",
            _seconds(self.detected),
            _seconds(self.effective),
            self.now,
            self.because[:_LONGEST_REASON],
        )

    def assert_sound(self) -> None:
        """Insist on the contract.

        Raises:
            AssertionError: it was broken.
        """
        assert self.detected is not None, f"not found: {self}"
        assert self.detected <= DETECTED_SECONDS, f"found too late: {self}"
        assert self.effective is not None, f"never off: {self}"
        assert self.effective <= EFFECTIVE_SECONDS, f"off too late: {self}"
        assert set(self.seen) <= self._allowed(), f"customers saw it: {self}"

    def _allowed(self) -> set[str]:
        return {RIGHT, WRONG} if self.may_be_wrong else {RIGHT}


def table(results: Iterable[Result]) -> list[str]:
    """Lay the results out, one line each, under a head."""
    rows = [_HEAD, *(result.cells for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in rows]


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    is_word = {0, 1, len(row) - 2, len(row) - 1}
    return [
        text.ljust(width) if column in is_word else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]


def _seconds(length: float | None) -> str:
    return "never" if length is None else f"{length:.1f}"
