from __future__ import annotations

import pytest

from monolith.trade.invoice_lines import read_invoice_lines
from monolith.trade.invoices import (
    ContradictoryInvoice,
    ScatteredInvoice,
    UnorderedTrade,
    gather_invoices,
)
from tests.monolith.trade.data.made_lines import line, written


def gathered(folder, *lines):
    file = written(folder, *lines)
    return list(gather_invoices(read_invoice_lines(file), file=file))


def at(minute, **fields):
    return line(at=f"2011-03-01 {9 + minute // 60:02}:{minute % 60:02}:00", **fields)


def test_lines_of_interleaved_invoices_find_together(tmp_path):
    invoices = gathered(
        tmp_path, at(0, invoice=1), at(0, invoice=2), at(1, invoice=1), at(90, invoice=3)
    )

    assert [(one.number, len(one.lines)) for one in invoices] == [("1", 2), ("2", 1), ("3", 1)]
    assert invoices[0].at == invoices[0].lines[0].at


def test_invoices_come_in_the_order_of_their_first_instant(tmp_path):
    invoices = gathered(tmp_path, at(9, invoice=2), at(5, invoice=1), at(200, invoice=3))

    assert [one.number for one in invoices] == ["1", "2", "3"]


def test_line_long_after_its_time_is_refused(tmp_path):
    with pytest.raises(UnorderedTrade, match="line 3: sort"):
        gathered(tmp_path, at(90, invoice=1), at(0, invoice=2))


def test_invoice_that_begins_again_is_refused(tmp_path):
    with pytest.raises(ScatteredInvoice, match="line 4: invoice 1 "):
        gathered(tmp_path, at(0, invoice=1), at(90, invoice=2), at(91, invoice=1))


def test_invoice_of_two_customers_is_refused(tmp_path):
    with pytest.raises(ContradictoryInvoice, match="line 3"):
        gathered(tmp_path, at(0, customer="501.0"), at(0, customer="502.0"))
