"""Figures: the verdict, the table and the file."""

from __future__ import annotations

import json

import pytest

from benchmarks import figures
from benchmarks.figures import at_least, at_most, publish, told


@pytest.fixture(autouse=True)
def _folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "FOLDER", tmp_path)


@pytest.mark.parametrize(("value", "holds"), [(99, True), (100, True), (101, False)])
def test_ceiling_holds_up_to_its_bar(value, holds):
    assert at_most("delay", value, "ms", bar=100, reference="").holds is holds


@pytest.mark.parametrize(("value", "holds"), [(99, False), (100, True), (101, True)])
def test_floor_holds_from_its_bar_on(value, holds):
    assert at_least("rate", value, "events/s", bar=100, reference="").holds is holds


def test_one_missed_bar_is_a_failure(capsys):
    kept = at_least("rate", 2, "x", bar=1, reference="raw loop")
    missed = at_most("delay", 2, "ms", bar=1, reference="")

    verdicts = [publish("any", [kept]), publish("any", [kept, missed])]

    assert verdicts == [True, False]
    assert "NO" in capsys.readouterr().out


def test_figure_without_a_bar_fails_nobody():
    assert publish("any", [told("orders", 3, "orders")])


def test_table_says_on_which_side_of_the_bar_a_figure_must_be(capsys):
    publish("any", [
        at_least("rate", 12_000, "events/s", bar=10_000, reference="raw loop: 20,000"),
        at_most("delay", 2, "ms", bar=1, reference=""),
    ])  # fmt: skip

    _, rate, delay = capsys.readouterr().out.splitlines()
    assert " ".join(rate.split()) == "rate 12,000 events/s >= 10,000 events/s yes raw loop: 20,000"
    assert "<= 1 ms" in delay


def test_file_holds_what_was_promised_of_it(tmp_path):
    publish("any", [at_least("rate", 3, "events/s", bar=2, reference="raw loop")])

    (figure,) = json.loads((tmp_path / "any.json").read_text())["figures"]
    assert figure == {
        "name": "rate", "value": 3, "unit": "events/s", "reference": "raw loop", "bar": 2,
        "holds": True,
    }  # fmt: skip
