from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from monolith.trade import trade_files
from monolith.trade.invoice_lines import (
    HEADER,
    InvalidDate,
    InvalidField,
    InvalidNumber,
    InvoiceLine,
    WrongColumnCount,
    WrongHeader,
    read_invoice_lines,
)
from monolith.trade.trade_files import InvalidText, NoTradeFile, TruncatedFile, find_trade_file
from tests.monolith.trade.data.made_lines import line, text, written


def test_line_is_read_with_its_place_in_pence_and_utc(tmp_path):
    file = written(tmp_path, line(code="85123a", text=" BLUE  JUG ", at="2011-07-01 09:30:00"))

    (read,) = read_invoice_lines(file)

    assert read.line_number == 2
    assert (read.stock_code, read.description) == ("85123A", "BLUE JUG")
    assert read.at == datetime(2011, 7, 1, 8, 30, tzinfo=UTC)
    assert read.price == (125, False)
    assert (read.quantity, read.customer_id, read.country) == (2, 501, "United Kingdom")


def test_line_without_a_customer_is_a_guests(tmp_path):
    (read,) = read_invoice_lines(written(tmp_path, line(customer="")))

    assert read.customer_id is None


@pytest.mark.parametrize(
    ("price", "pence", "is_rounded"),
    [("0.001", 0, True), ("0.005", 1, True), ("2.5", 250, False), ("-11062.06", -1106206, False)],
)
def test_price_finer_than_a_penny_is_rounded_half_up(tmp_path, price, pence, is_rounded):
    (read,) = read_invoice_lines(written(tmp_path, line(price=price)))

    assert read.price == (pence, is_rounded)


def test_packed_and_plain_files_read_the_same(tmp_path):
    plain = written(tmp_path, line(), line(pieces=9))
    packed = tmp_path / "trade.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert list(read_invoice_lines(packed)) == list(read_invoice_lines(plain))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"at": "01/12/2010 08:26"}, InvalidDate),
        ({"at": "2011-02-30 08:26:00"}, InvalidDate),
        ({"pieces": "2.5"}, InvalidNumber),
        ({"pieces": "9999999999"}, InvalidNumber),
        ({"price": "NaN"}, InvalidNumber),
        ({"price": "1e3"}, InvalidNumber),
        ({"price": "99999999999"}, InvalidNumber),
        ({"customer": "17850.5"}, InvalidNumber),
        ({"customer": "100001"}, InvalidNumber),
        ({"invoice": "no"}, InvalidNumber),
        ({"code": " "}, InvalidField),
        ({"country": ""}, InvalidField),
        ({"text": "A" * 201}, InvalidField),
        ({"text": "NUL \x00"}, InvalidField),
    ],
)
def test_fault_in_a_field_is_named_with_its_line(tmp_path, fields, error):
    file = written(tmp_path, line(), line(), line(**fields))

    with pytest.raises(error, match=r"^trade\.csv, line 4: ") as caught:
        list(read_invoice_lines(file))
    assert caught.value.line_number == 4


@pytest.mark.parametrize("columns", [line()[:-1], [*line(), "more"], []])
def test_wrong_number_of_columns_is_named_with_its_line(tmp_path, columns):
    file = written(tmp_path, line(), columns)

    with pytest.raises(WrongColumnCount, match=f"line 3: {len(columns)} columns"):
        list(read_invoice_lines(file))


@pytest.mark.parametrize("header", [HEADER[:-1], [*HEADER, "more"], ["invoiceno", *HEADER[1:]]])
def test_other_header_is_refused(tmp_path, header):
    file = tmp_path / "trade.csv"
    file.write_text(text(line(), header=header))

    with pytest.raises(WrongHeader, match="line 1"):
        list(read_invoice_lines(file))


def test_empty_file_has_no_header(tmp_path):
    file = tmp_path / "trade.csv"
    file.touch()

    with pytest.raises(WrongHeader):
        list(read_invoice_lines(file))


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path):
    file = tmp_path / "trade.csv"
    file.write_bytes(text(line(), line(text="CAFÉ")).encode("latin-1"))

    with pytest.raises(InvalidText, match="line 3: not UTF-8"):
        list(read_invoice_lines(file))


def test_unbalanced_quotes_are_named_with_their_line(tmp_path):
    file = tmp_path / "trade.csv"
    file.write_text(text(line()) + 'x,"y"z\n')

    with pytest.raises(InvalidField, match="line 3: not a line of CSV"):
        list(read_invoice_lines(file))


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_truncated_packed_file_yields_its_whole_lines_and_then_fails(tmp_path, keep):
    lines = [line(invoice=number, pieces=number * 7919 % 997 + 1) for number in range(1, 3000)]
    packed = gzip.compress(text(*lines).encode())
    file = tmp_path / "trade.csv.gz"
    file.write_bytes(packed[: int(len(packed) * keep)])
    read: list[InvoiceLine] = []

    with pytest.raises(TruncatedFile) as caught:
        read.extend(read_invoice_lines(file))

    assert caught.value.line_number > 1000 * keep


def test_file_that_is_not_packed_at_all_is_named(tmp_path):
    file = tmp_path / "trade.csv.gz"
    file.write_text(text(line()))

    with pytest.raises(TruncatedFile, match="line 1"):
        list(read_invoice_lines(file))


def test_file_is_looked_for_in_the_environment(tmp_path, monkeypatch):
    file = written(tmp_path, line())
    monkeypatch.setenv("BANYAN_TRADE", str(file))

    assert find_trade_file() == file


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NoTradeFile, match=r"gone\.csv"):
        find_trade_file(tmp_path / "gone.csv")


def test_without_any_file_one_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("BANYAN_TRADE", raising=False)
    monkeypatch.setattr(trade_files, "_ROOT", tmp_path / "checkout")

    with pytest.raises(NoTradeFile, match="generate_trade"):
        find_trade_file()
