"""What does a file of trade say, line by line? Reads the columns strictly and judges nothing."""

from __future__ import annotations

import csv
import re
from contextlib import closing
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from monolith.trade.trade_files import UnreadableTrade, read_text_lines

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Generator
    from pathlib import Path

HEADER = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
SHOP_TIME = ZoneInfo("Europe/London")
LARGEST_NUMBER = 2**31 - 1
# Numbers above belong to customers who register with the shop itself.
LARGEST_CUSTOMER_ID = 100_000
_LONGEST = {"StockCode": 32, "Description": 200, "Country": 80}

_INVOICE = re.compile(r"[A-Z]?\d{1,12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_WHOLE = re.compile(r"-?\d{1,12}")
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,9})?")
_CUSTOMER = re.compile(r"(\d{1,12})(?:\.0)?")


class WrongHeader(UnreadableTrade):
    """The first line does not name exactly the columns of this trade."""


class WrongColumnCount(UnreadableTrade):
    """A line has more or fewer columns than the header."""


class InvalidDate(UnreadableTrade):
    """A date is not `YYYY-MM-DD HH:MM:SS`, or no such instant exists."""


class InvalidNumber(UnreadableTrade):
    """A quantity, price or number of an invoice or a customer is none."""


class InvalidField(UnreadableTrade):
    """A text is missing, too long, or holds a character that no text has."""


class Money(NamedTuple):
    """An amount in pence; `is_rounded` where the file was finer than that."""

    pence: int
    is_rounded: bool


class InvoiceLine(NamedTuple):
    """One line as it was read: stock code in upper case, price in pence, instant in UTC."""

    line_number: int
    invoice: str
    stock_code: str
    description: str
    quantity: int
    at: datetime
    price: Money
    customer_id: int | None
    country: str


def read_invoice_lines(file: Path) -> Generator[InvoiceLine]:
    """Yield every line after the header; memory stays constant.

    Raises:
        UnreadableTrade: of the kind that names the fault, with the line's number.
    """
    with closing(read_text_lines(file)) as text:
        rows = csv.reader(text, strict=True)
        if _next(rows, file) != HEADER:
            raise WrongHeader(file, 1, f"expected the columns {','.join(HEADER)}")
        while (row := _next(rows, file)) is not None:
            yield _line(file, rows.line_num, row)


def _next(rows: Reader, file: Path) -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error as error:
        raise InvalidField(file, rows.line_num, f"not a line of CSV: {error}") from error


def _line(file: Path, number: int, row: list[str]) -> InvoiceLine:
    if len(row) != len(HEADER):
        raise WrongColumnCount(file, number, f"{len(row)} columns, expected {len(HEADER)}")
    invoice, code, description, quantity, at, price, customer, country = row
    try:
        return InvoiceLine(
            number,
            _invoice(invoice),
            _text("StockCode", code.strip().upper()),
            _text("Description", " ".join(description.split()), may_be_empty=True),
            _quantity(quantity),
            _instant(at),
            _money(price),
            _customer(customer),
            _text("Country", country.strip()),
        )
    except _Fault as fault:
        raise fault.kind(file, number, str(fault)) from None


class _Fault(Exception):
    """What is wrong with one field, before the place of the line is known."""

    def __init__(self, kind: type[UnreadableTrade], what: str) -> None:
        super().__init__(what)
        self.kind = kind


@lru_cache(maxsize=1024)
def _invoice(text: str) -> str:
    if not _INVOICE.fullmatch(text):
        raise _Fault(InvalidNumber, f"InvoiceNo {text!r} is not a number, or a letter and a number")
    return text


@lru_cache(maxsize=16_384)
def _text(column: str, text: str, *, may_be_empty: bool = False) -> str:
    if not (text or may_be_empty):
        raise _Fault(InvalidField, f"{column} is missing")
    if len(text) > _LONGEST[column]:
        raise _Fault(InvalidField, f"{column} is longer than {_LONGEST[column]} characters")
    if "\x00" in text:
        raise _Fault(InvalidField, f"{column} holds a NUL character")
    return text


@lru_cache(maxsize=4096)
def _quantity(text: str) -> int:
    if not _WHOLE.fullmatch(text) or abs(int(text)) > LARGEST_NUMBER:
        raise _Fault(InvalidNumber, f"Quantity {text!r} is not a whole number in range")
    return int(text)


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime:
    if not _DATE.fullmatch(text):
        raise _Fault(InvalidDate, f"InvoiceDate {text!r} is not like 2010-12-01 08:26:00")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHOP_TIME).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _Fault(InvalidDate, f"InvoiceDate {text!r}: {error}") from None


@lru_cache(maxsize=4096)
def _money(text: str) -> Money:
    if not _DECIMAL.fullmatch(text):
        raise _Fault(InvalidNumber, f"UnitPrice {text!r} is not a decimal number")
    exact = Decimal(text) * 100
    pence = exact.to_integral_value(ROUND_HALF_UP)
    if abs(pence) > LARGEST_NUMBER:
        raise _Fault(InvalidNumber, f"UnitPrice {text!r} is out of range")
    return Money(int(pence), is_rounded=pence != exact)


@lru_cache(maxsize=8192)
def _customer(text: str) -> int | None:
    if not text:
        return None
    found = _CUSTOMER.fullmatch(text)
    if not found or not 0 < int(found[1]) <= LARGEST_CUSTOMER_ID:
        raise _Fault(
            InvalidNumber, f"CustomerID {text!r} is not a number up to {LARGEST_CUSTOMER_ID}"
        )
    return int(found[1])
