from __future__ import annotations

import pytest
from django.core.management import call_command

from benchmarks.summary import measuring
from benchmarks.summary.metering import MeteredTable, item_bytes, read_units, write_units
from extracted_services.read_models.items import Put
from extracted_services.read_models.projecting import Head


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"row": {"S": "héart"}}, 3 + 6),
        ({"n": {"N": "12345"}}, 1 + 4),
        ({"n": {"N": "-12"}}, 1 + 3),
        ({"yes": {"BOOL": True}, "none": {"NULL": True}}, 3 + 1 + 4 + 1),
        ({"m": {"M": {"85123A": {"L": [{"N": "6"}, {"S": "HEART"}]}}}}, 1 + 3 + 1 + 6 + 3 + 3 + 6),
    ],
)
def test_items_are_as_large_as_dynamodb_counts_them(item, size):
    assert item_bytes(item) == size


def test_units_are_counted_in_whole_blocks():
    assert [write_units(size) for size in (1, 1024, 1025)] == [2, 2, 4]
    assert [read_units(size) for size in (1, 4096, 4097)] == [1, 1, 2]


def test_a_write_costs_its_rows_and_the_head():
    table = MeteredTable()
    rows = [Put(row="order#1", values={"text": {"S": "x" * 1500}}), Put(row="summary", values={})]

    table.write("17850", rows, expected=None, head=Head(as_of=1))

    assert table.write_units == [2 + 4 + 2]
    assert len(table.sizes["order"]) == len(table.sizes["summary"]) == 1


def test_every_figure_is_found_of_any_trade(tmp_path, monkeypatch):
    file = tmp_path / "trade.csv"
    call_command("generate_trade", "--seed=1", "--orders=120", f"--out={file}")
    monkeypatch.setenv("BANYAN_TRADE", str(file))

    figures = {figure.name: figure for figure in measuring.measure()}

    assert figures["sum, largest"].value > 0
    assert figures["written per event, mean"].value >= 6
    assert sum(f.value for name, f in figures.items() if name.startswith("segment")) == (
        pytest.approx(100)
    )
    assert len([name for name in figures if name.startswith("threshold")]) == 4
