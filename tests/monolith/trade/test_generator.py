from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as some

from monolith.trade.generator import generate_rows
from monolith.trade.history import History
from monolith.trade.invoice_lines import read_invoice_lines
from monolith.trade.invoices import gather_invoices
from monolith.trade.reporting import ReportDoesNotAddUp, TradeReport
from monolith.trade.written_trade import write_trade_file

CATEGORIES = {
    "sale", "return matched", "return partly matched", "return unmatched", "order cancelled",
    "stock correction", "charge, not goods", "bad debt", "free of charge", "missing description",
}  # fmt: skip


def history_of(file):
    report = TradeReport()
    history = History(report)
    lines = report.reading(read_invoice_lines(file))
    for invoice in gather_invoices(lines, file=file):
        history.add(invoice)
    return history, report


@pytest.fixture(scope="module")
def trade(tmp_path_factory):
    file = tmp_path_factory.mktemp("trade") / "trade.csv.gz"
    write_trade_file(generate_rows(seed=3, orders=1500), file)
    return file


@settings(max_examples=25, deadline=None)
@given(seed=some.integers(0, 10_000), orders=some.integers(1, 60))
def test_report_adds_up_and_every_order_line_is_accounted_for(tmp_path_factory, seed, orders):
    file = tmp_path_factory.mktemp("trade") / "trade.csv"
    written = write_trade_file(generate_rows(seed=seed, orders=orders), file)

    history, report = history_of(file)

    report.check()
    assert report.lines_read == written
    assert report.lines_in("sale") == sum(len(order.lines) for order in history.orders())


@settings(max_examples=15, deadline=None)
@given(seed=some.integers(0, 10_000))
def test_no_more_comes_back_than_was_sold(tmp_path_factory, seed):
    file = tmp_path_factory.mktemp("trade") / "trade.csv"
    write_trade_file(generate_rows(seed=seed, orders=60), file)

    history, _ = history_of(file)

    for order in history.orders():
        back: Counter[int] = Counter()
        for note in order.returns:
            for line in note.lines:
                back[line.position] += line.quantity
        assert all(
            pieces <= order.lines[position - 1].quantity for position, pieces in back.items()
        )


def test_report_that_lost_a_line_is_a_fault():
    report = TradeReport(lines_read=1)

    with pytest.raises(ReportDoesNotAddUp, match="1 lines were read but 0"):
        report.check()


def test_equal_seeds_make_equal_files(tmp_path):
    first, second = tmp_path / "first.csv.gz", tmp_path / "second.csv.gz"

    for file in (first, second):
        write_trade_file(generate_rows(seed=7, orders=40), file)

    assert first.read_bytes() == second.read_bytes()


def test_other_seeds_make_other_trade():
    assert list(generate_rows(seed=1, orders=5)) != list(generate_rows(seed=2, orders=5))


def test_generated_trade_has_every_quirk_of_the_real_one(trade):
    lines = list(read_invoice_lines(trade))
    _, report = history_of(trade)

    assert {row["category"] for row in report.as_json()["placed"]} == CATEGORIES
    assert report.rounded_prices
    assert len({line.country for line in lines}) > 5
    assert any(line.customer_id is None for line in lines)
    assert any(row.stock_code != row.stock_code.upper() for row in generate_rows(seed=3, orders=50))


def test_generated_orders_have_about_as_many_lines_as_real_ones(trade):
    history, _ = history_of(trade)
    sizes = [len(order.lines) for order in history.orders()]

    assert len(sizes) == 1500
    assert 17 < sum(sizes) / len(sizes) < 25
    assert max(sizes) > 100


def test_few_customers_place_most_of_the_orders(trade):
    history, _ = history_of(trade)
    orders = Counter(order.customer_id for order in history.orders() if order.customer_id)
    best = sum(placed for _, placed in orders.most_common(len(orders) // 5))

    assert best > 0.4 * orders.total()


def test_generated_trade_spans_a_past_and_a_present(trade):
    days = [line.at.date() for line in read_invoice_lines(trade)]

    assert days[-1] - days[0] > timedelta(days=250)
    assert sum(day.isoformat() >= "2011-08-01" for day in days) > 1000
    assert days == sorted(days)


def test_command_writes_to_a_file_or_to_standard_output(tmp_path, capsys):
    file = tmp_path / "trade.csv"

    call_command("generate_trade", "--seed=1", "--orders=3", f"--out={file}")
    capsys.readouterr()
    call_command("generate_trade", "--seed=1", "--orders=3")

    assert capsys.readouterr().out == file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["trade.csv"]
