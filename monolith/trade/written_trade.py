"""Writing made-up trade as a file, whole or not at all."""

from __future__ import annotations

import csv
import gzip
from io import TextIOWrapper
from typing import TYPE_CHECKING, Protocol

from monolith.trade.invoice_lines import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from gzip import GzipFile
    from io import BufferedWriter
    from pathlib import Path

    from monolith.trade.till import Row


class TextSink(Protocol):
    """Anything text can be written to."""

    def write(self, text: str, /) -> object:
        """Take a text."""


def write_rows(rows: Iterable[Row], out: TextSink) -> int:
    """Write rows under the header and return how many there were."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    lines = 0
    for row in rows:
        writer.writerow(row.fields())
        lines += 1
    return lines


def write_trade_file(rows: Iterable[Row], file: Path) -> int:
    """Write a .csv, or a .csv.gz that is equal for equal rows; it appears when complete."""
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as raw:
        if file.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                lines = _write_text(rows, packed)
        else:
            lines = _write_text(rows, raw)
    part.replace(file)
    return lines


def _write_text(rows: Iterable[Row], binary: BufferedWriter | GzipFile) -> int:
    with TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True) as text:
        return write_rows(rows, text)
