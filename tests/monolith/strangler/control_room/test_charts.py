from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.control_room.charts import (
    Frame,
    Line,
    Part,
    Tile,
    bar,
    line_chart,
    sparkline,
    tiles,
)
from monolith.strangler.control_room.scales import Scale, ticks, time_ticks
from tests.factories import NOON

FRAME = Frame(key="k", title="Latency", description="p95 now 61 ms")
VALUES = st.lists(
    st.none() | st.just(math.nan) | st.floats(min_value=-1, allow_infinity=True), max_size=30
)


def line(*values, name="service", look="service"):
    points = [(NOON + timedelta(minutes=number), value) for number, value in enumerate(values)]
    return Line(name=name, look=look, points=points)


def draw(*lines, **rest):
    return line_chart(FRAME, lines, write=lambda value: f"{value:g}", **rest)


def test_ticks_are_round_and_reach_the_highest_value():
    assert ticks(0.83) == [0, 0.25, 0.5, 0.75, 1.0]
    assert ticks(800) == [0, 200, 400, 600, 800]
    assert ticks(61) == [0, 20, 40, 60, 80]


@pytest.mark.parametrize("most", [0, -3, math.nan, math.inf])
def test_axis_of_nothing_still_has_two_ends(most):
    assert ticks(most) == [0.0, 1.0]


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_ticks_are_few_and_rise_to_the_highest(most):
    marks = ticks(most)

    assert marks[-1] >= most * (1 - 1e-6)
    assert 2 <= len(marks) <= 6
    assert all(low < high for low, high in pairwise(marks))


def test_instants_on_the_axis_are_round():
    shown = time_ticks(NOON + timedelta(minutes=7), NOON + timedelta(hours=6))

    assert [f"{at:%H:%M}" for at in shown] == [
        "13:00",
        "14:00",
        "15:00",
        "16:00",
        "17:00",
        "18:00",
    ]


def test_no_more_instants_than_there_is_room_for():
    assert len(time_ticks(NOON, NOON + timedelta(days=300))) <= 8
    assert time_ticks(NOON, NOON) == [NOON]


def test_scale_draws_what_lies_outside_at_the_edge():
    scale = Scale(low=0, high=10, start=100, end=0)

    assert (scale(-5), scale(0), scale(5), scale(99)) == (100, 100, 50, 0)


@given(VALUES, VALUES)
def test_chart_is_well_formed_and_without_figures_that_are_none(one, other):
    drawn = draw(line(*one), line(*other, name="mono", look="monolith"))

    ET.fromstring(str(drawn))
    assert "nan" not in drawn.replace("nance", "")
    assert "inf" not in drawn


@given(VALUES)
def test_sparkline_is_nothing_or_well_formed(values):
    drawn = sparkline(FRAME, values)

    assert drawn == "" or ET.fromstring(str(drawn)).tag == "svg"
    assert "nan" not in drawn
    assert "inf" not in drawn


@given(st.lists(st.integers(min_value=0, max_value=10**9), max_size=15))
def test_bar_shows_every_part_that_is_there_within_its_width(counts):
    parts = [Part(name=f"p{n}", look="good", count=count) for n, count in enumerate(counts)]

    drawn = ET.fromstring(str(bar(FRAME, parts, width=500)))

    rectangles = drawn.findall("rect")
    assert len(rectangles) == sum(count > 0 for count in counts)
    for rectangle in rectangles:
        assert float(rectangle.attrib["width"]) >= 1
        assert float(rectangle.attrib["x"]) + float(rectangle.attrib["width"]) <= 500.2


def test_chart_of_nothing_says_so():
    assert draw(line(None, None)) == '<p class="no-data">Latency: no data</p>'
    assert bar(FRAME, [Part(name="match", look="good", count=0)]) == draw(line())
    assert tiles(FRAME, []) == draw(line())


def test_line_breaks_where_nothing_was_seen():
    drawn = ET.fromstring(str(draw(line(1, 2, None, 3, 4))))

    (path,) = [found.attrib["d"] for found in drawn.findall("path")]
    assert path.count("M") == 2
    assert path.count("L") == 2


def test_value_between_gaps_is_marked():
    drawn = ET.fromstring(str(draw(line(1, None, 2, None))))

    assert len(drawn.findall("circle")) == 2


def test_drawing_has_a_title_and_says_what_it_shows():
    drawn = ET.fromstring(str(draw(line(1, 2))))

    assert drawn.get("role") == "img"
    assert drawn.get("aria-labelledby") == "k-title k-said"
    assert drawn.findtext("title") == "Latency"
    assert drawn.findtext("desc") == "p95 now 61 ms"


def test_names_of_lines_that_end_together_stand_apart():
    drawn = ET.fromstring(str(draw(*(line(5, 5, name=f"line {n}") for n in range(4)))))

    heights = sorted(
        float(text.attrib["y"]) for text in drawn.findall("text[@class='name service']")
    )
    assert all(below - above >= 13 for above, below in pairwise(heights))
    assert heights[-1] <= 190


def test_limit_is_drawn_unless_it_would_flatten_the_lines():
    assert "limit" in draw(line(500, 700), limit=800)
    assert "limit" not in draw(line(20, 30), limit=800)


def test_names_are_escaped():
    hostile = '"><script>alert(1)</script>'
    frame = Frame(key="k", title=hostile, description=hostile)

    drawn = line_chart(frame, [line(1, 2, name=hostile)], write=str)
    squares = tiles(frame, [Tile(look="quick", says=hostile)])

    assert "<script" not in drawn
    assert "<script" not in squares
    assert "<script" not in bar(frame, [])
    ET.fromstring(str(drawn))
