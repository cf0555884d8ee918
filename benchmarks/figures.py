"""What every benchmark prints and keeps: a table, and `.banyan/bench/NAME.json`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
# Looked up before a benchmark becomes part of a shop of its own, which has another state folder.
FOLDER = Path(os.environ.get("BANYAN_STATE_DIR", ROOT / ".banyan")) / "bench"
_PLACES = ((1_000, 0), (10, 1))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value: `reference` is the peer or limit of the same run, `bar` the promise."""

    name: str
    value: float
    unit: str
    reference: str
    bar: float | None
    holds: bool | None
    sign: str = "<="

    @property
    def promise(self) -> str:
        """The bar as people write it."""
        return "" if self.bar is None else f"{self.sign} {self.bar:,g} {self.unit}"


def at_most(name: str, value: float, unit: str, *, bar: float, reference: str) -> Figure:
    """Make a figure that must not exceed its bar."""
    return Figure(
        name=name, value=value, unit=unit, reference=reference, bar=bar, holds=value <= bar
    )


def at_least(name: str, value: float, unit: str, *, bar: float, reference: str) -> Figure:
    """Make a figure that must reach its bar."""
    return Figure(
        name=name, value=value, unit=unit, reference=reference, bar=bar, holds=value >= bar,
        sign=">=",
    )  # fmt: skip


def told(name: str, value: float, unit: str, *, reference: str = "") -> Figure:
    """Make a figure that nothing was promised about."""
    return Figure(name=name, value=value, unit=unit, reference=reference, bar=None, holds=None)


def publish(benchmark: str, figures: list[Figure]) -> bool:
    """Print the table, keep the JSON, and tell whether every bar holds."""
    _print_table(figures)
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = {"figures": [_plain(figure) for figure in figures]}
    (FOLDER / f"{benchmark}.json").write_text(json.dumps(content, indent=2) + "\n")
    return all(figure.holds is not False for figure in figures)


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield rows of the same length with their columns below each other."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _plain(figure: Figure) -> dict[str, object]:
    return {name: value for name, value in asdict(figure).items() if name != "sign"}


def _decimals(value: float) -> int:
    return next((places for least, places in _PLACES if abs(value) >= least), 2)


def _print_table(figures: list[Figure]) -> None:
    rows = [("figure", "value", "bar", "holds", "reference")]
    rows += [
        (
            figure.name,
            f"{figure.value:,.{_decimals(figure.value)}f} {figure.unit}",
            figure.promise,
            {None: "", True: "yes", False: "NO"}[figure.holds],
            figure.reference,
        )
        for figure in figures
    ]
    print("\n".join(aligned(rows)))
