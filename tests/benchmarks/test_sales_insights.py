"""The benchmark of the insights works: what it makes is read as what merges make."""

from __future__ import annotations

import pytest

from benchmarks.sales_insights import __main__ as benchmark
from benchmarks.sales_insights.trade import SHARES, make
from extracted_services.sales_insights import store


@pytest.fixture
def engine():
    with store.engine() as connection:
        yield connection


def test_every_question_finds_something_in_the_made_trade(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    monkeypatch.setattr("benchmarks.sales_insights.trade.DAYS", 3)
    made = make(engine, tmp_path, events=20_000)

    figures = list(benchmark._questions(engine, tmp_path, made))

    assert sum(SHARES.values()) == pytest.approx(1)
    assert made.events > 15_000
    assert [figure.name for figure in figures if figure.reference.startswith("0 rows")] == []


def test_what_landed_comes_out_as_one_file_of_its_day(engine, tmp_path):
    rate, files = benchmark._merging(engine, tmp_path)

    assert rate.value > 0
    assert files.holds
