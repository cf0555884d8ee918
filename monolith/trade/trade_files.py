"""Where does trade lie, and what text is in it? Packed or not; a fault is told with its line."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from io import BufferedIOBase

_ROOT = Path(__file__).resolve().parents[2]
_BESIDE_THE_CHECKOUT = ("shared", "data")
_NAME = "online_retail_*.csv.gz"


class UnreadableTrade(Exception):
    """A file of trade cannot be understood; nothing from this line on was used."""

    def __init__(self, file: Path, line_number: int, what: str) -> None:
        super().__init__(f"{file.name}, line {line_number}: {what}")
        self.line_number, self.what = line_number, what


class TruncatedFile(UnreadableTrade):
    """A packed file ends in the middle or is damaged."""


class InvalidText(UnreadableTrade):
    """A line is not UTF-8."""


class NoTradeFile(Exception):
    """No file was named, and none lies where one is looked for."""


def find_trade_file(named: Path | None = None) -> Path:
    """Return the file named here, else by BANYAN_TRADE, else the one beside the checkout.

    Raises:
        NoTradeFile: there is none.
    """
    given = str(named or os.environ.get("BANYAN_TRADE", ""))
    beside = sorted(_ROOT.parent.joinpath(*_BESIDE_THE_CHECKOUT).glob(_NAME))
    file = Path(given) if given else next(iter(beside), None)
    if file is None:
        raise NoTradeFile("no file of trade: name one, set BANYAN_TRADE or use generate_trade")
    if not file.is_file():
        raise NoTradeFile(f"no file of trade at {file}")
    return file


def read_text_lines(file: Path) -> Generator[str]:
    """Yield the lines of a .csv or .csv.gz as text, with their ends; memory stays constant.

    Raises:
        InvalidText: a line is not UTF-8.
        TruncatedFile: a packed file ends early or is damaged.
    """
    number = 1
    with _open(file) as lines:
        try:
            for raw in lines:
                yield raw.decode()
                number += 1
        except UnicodeDecodeError as error:
            raise InvalidText(file, number, f"not UTF-8 ({error.reason})") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise TruncatedFile(
                file, number, f"the packed file is cut or damaged: {error}"
            ) from error


def _open(file: Path) -> BufferedIOBase:
    return gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")
