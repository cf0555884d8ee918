"""The headline's table, figures and drawing, out of stages that were made up."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from benchmarks.concerns import drawing, telling
from benchmarks.concerns.clients import Answer, Look, answers_of
from benchmarks.concerns.database import DatabaseLoad
from benchmarks.concerns.stages import Stage

SVG = "{http://www.w3.org/2000/svg}"


def stage(*moved, read=100.0, order=50.0, source=None, errors=()):
    answered = source or ("service" if moved else "monolith")
    return Stage(
        moved=moved,
        looks={"order_history": [Look(1.0, read, [Answer(answered)]) for _ in range(200)]},
        orders=[order] * 100,
        load=DatabaseLoad(busy=0.5, buffers_per_second=12_345.0),
        handlers={"order_history": [5.0] * 10} if moved else {},
        errors=list(errors),
    )


def held(*stages):
    return {figure.name: figure.holds for figure in telling.figures(stages, "two cores")}


def test_relief_is_held_against_the_monolith_alone():
    good = held(stage(), stage("order_history", read=40.0, order=20.0))
    bad = held(stage(), stage("order_history", read=140.0, order=40.0))

    assert good["place_order p99, after to before"] is True
    assert good["order_history: p99, after to before"] is True
    assert bad["place_order p99, after to before"] is False
    assert bad["order_history: p99, after to before"] is False


def test_one_answer_of_the_monolith_to_a_moved_read_is_told():
    figures = held(stage(), stage("order_history", source="monolith"))

    assert figures["monolith answers of moved reads"] is False


def test_page_with_an_error_fails_the_run():
    assert (
        held(stage(errors=["/orders/: 500"]), stage("order_history"))["pages with errors"] is False
    )


def test_handlers_own_time_stands_beside_what_the_emulator_makes_of_it():
    figures = telling.figures([stage(), stage("order_history")], "two cores")

    (own,) = [each for each in figures if each.name.startswith("order_history: p99")]
    assert "its handler alone 5.0 ms" in own.reference


def test_table_has_a_column_for_each_stage(capsys):
    telling.print_table([stage(), stage("order_history", read=40.0)], "two cores")

    printed = capsys.readouterr().out
    assert "monolith alone" in printed
    assert "+ order_history" in printed
    assert "100/100/100 of 200" in printed
    assert "40/40/40 of 200" in printed


def test_drawing_is_svg_with_a_bar_for_each_stage_of_each_measure():
    drawn = ET.fromstring(drawing.draw([stage(), stage("order_history", read=25.0)]))

    bars = drawn.findall(f"{SVG}rect")
    reads = [float(bar.attrib["width"]) for bar in bars[:2]]
    assert len(bars) == 2 * 4
    assert reads[1] == pytest.approx(reads[0] / 4, rel=0.01)
    assert [bar.get("class") for bar in bars[:2]] == ["bar", "moved"]


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (["order_history=service; reason=stage"], [Answer("service")]),
        (
            ["order_detail=monolith; reason=hold, order_history=service; reason=stage"],
            [Answer("service")],
        ),
        (
            ["order_history=monolith; reason=timeout; as_of=3; ms=2.0"],
            [Answer("monolith", 2.0)],
        ),
        (
            [
                "order_history=service; reason=stage; as_of=3; ms=2.5",
                "order_history=monolith; reason=timeout; as_of=3; ms=1.0",
            ],
            [Answer("service", 2.5), Answer("monolith", 1.0)],
        ),
        ([], []),
        (["order_detail=service; reason=stage"], []),
    ],
)
def test_who_answered_is_read_from_the_header(said, answers):
    assert answers_of("order_history", said) == answers


@pytest.mark.parametrize(
    ("sources", "is_by_service"),
    [(["service"], True), (["service", "monolith"], False), ([], False)],
)
def test_page_is_the_services_if_all_its_reads_are(sources, is_by_service):
    assert Look(1.0, 2.0, [Answer(each) for each in sources]).is_by_service is is_by_service


def test_reports_are_held_against_the_questions_and_not_the_page():
    def reports(*moved, asking):
        answers = [Answer("service" if moved else "monolith", asking)]
        looks = {"sales_insights": [Look(1.0, 1_000.0, answers)] * 20}
        handlers = {"sales_insights": [35.0] * 20} if moved else {}
        return replace(stage(*moved), looks=looks, handlers=handlers)

    slow = held(reports(asking=600.0), reports("sales_insights", asking=31.0))
    fast = held(reports(asking=600.0), reports("sales_insights", asking=29.0))

    assert slow["reports, times faster"] is False
    assert fast["reports, times faster"] is True
    assert fast["reports, times faster by the handler's own time"] is False
