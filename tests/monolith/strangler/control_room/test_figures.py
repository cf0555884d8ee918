from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler.control_room import formatting
from monolith.strangler.control_room.figures import NOTHING, Taken, figure
from monolith.strangler.control_room.tables import table_of, text_of
from tests.factories import NOON, later

MINUTE = timedelta(minutes=1)


def taken(**ago):
    return Taken(at=NOON - timedelta(**ago), now=NOON, period=MINUTE)


def test_figure_says_its_cases_and_its_age():
    shown = figure("0.12 %", taken(seconds=40), n=48_210)

    assert shown.beneath == "n 48,210 · < 1 min"
    assert not shown.is_old


def test_figure_is_old_after_twice_its_period():
    assert not figure("1", taken(minutes=2)).is_old
    assert figure("1", taken(minutes=2, seconds=1)).is_old


def test_figure_that_nobody_took_is_no_data():
    shown = figure("0.0", Taken(at=None, now=NOON, period=MINUTE), n=0)

    assert shown == NOTHING
    assert shown.text == "no data"
    assert not shown.has_data


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "< 10 s"), (9.9, "< 10 s"), (47, "40 s"), (61, "1 min"), (7_300, "2 h"), (200_000, "2 d")],
)
def test_age_is_coarse(seconds, words):
    assert formatting.age(seconds) == words


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(0, "0 ms"), (0.34, "0.3 ms"), (61.2, "61 ms"), (1_850, "1.9 s"), (90_000, "1 min")],
)
def test_length_has_the_unit_that_suits_it(milliseconds, words):
    assert formatting.milliseconds(milliseconds) == words


def test_span_has_two_units_at_most():
    assert formatting.span(21_000) == "5 h 50 min"
    assert formatting.span(7_200) == "2 h"
    assert formatting.span(273_600) == "3 d 4 h"


def test_share_of_nothing_is_no_data():
    assert formatting.percent(0, 0) == "no data"
    assert formatting.percent(1, 8) == "12.5 %"


def test_end_that_has_passed_is_told_as_such():
    assert formatting.until(later(minutes=48), NOON) == "48 min left"
    assert formatting.until(later(minutes=-1), NOON) == "ended"
    assert formatting.age_of(None, NOON) == "never"


def test_table_has_a_column_for_each_key_and_known_ones_first():
    table = table_of([{"service": 2, "extra_key": [1], "place": "total"}, "odd"])

    assert table.headers == ("place", "service", "extra key", "value")
    assert table.rows == (("total", "2", "[1]", ""), ("", "", "", "odd"))


def test_values_of_json_are_written_for_people():
    assert text_of(["a", "b"]) == "a, b"
    assert text_of(None) == ""
    assert text_of({"a": 1}) == '{"a": 1}'
