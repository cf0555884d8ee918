"""The headline's table, figures and drawing, out of stages that were made up."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from benchmarks.concerns import drawing, reading, telling
from benchmarks.concerns.clients import Look, sources_of
from benchmarks.concerns.database import DatabaseLoad
from benchmarks.concerns.stages import Stage
from infra.local import waiting
from monolith.strangler.models import ReadRecord

SVG = "{http://www.w3.org/2000/svg}"


def look(*sources, page=100.0, request_id="r"):
    return Look(1.0, page, sources, request_id)


def stage(*moved, page=100.0, read=80.0, order=50.0, source=None, errors=()):
    answered = source or ("service" if moved else "monolith")
    return Stage(
        moved=moved,
        looks={"order_history": [look(answered, page=page)] * 200},
        reads={"order_history": [read] * 200},
        orders=[order] * 100,
        load=DatabaseLoad(busy=0.5, buffers_per_second=12_345.0),
        handlers={"order_history": [5.0] * 10} if moved else {},
        errors=list(errors),
    )


def held(*stages):
    return {figure.name: figure.holds for figure in telling.figures(stages, "two cores")}


def test_relief_is_held_against_the_monolith_alone():
    good = held(stage(), stage("order_history", page=40.0, read=20.0, order=20.0))
    bad = held(stage(), stage("order_history", page=140.0, read=90.0, order=40.0))

    for figure in (
        "place_order p99, after to before",
        "order_history: page's p99, after to before",
        "order_history: read's p99, after to before",
    ):
        assert (good[figure], bad[figure]) == (True, False)


def test_read_that_got_slower_does_not_hide_in_a_page_that_got_faster():
    figures = held(stage(), stage("order_history", page=90.0, read=81.0))

    assert figures["order_history: page's p99, after to before"] is True
    assert figures["order_history: read's p99, after to before"] is False


def test_one_answer_of_the_monolith_to_a_moved_read_is_told():
    figures = telling.figures([stage(), stage("order_history", source="monolith, timeout")], "")

    told = next(each for each in figures if each.name == "monolith answers of moved reads")
    assert told.holds is False
    assert told.reference == "200 pages read; monolith, timeout: 200"


def test_page_with_an_error_fails_the_run():
    assert (
        held(stage(errors=["/orders/: 500"]), stage("order_history"))["pages with errors"] is False
    )


def test_handlers_own_time_stands_beside_what_the_emulator_makes_of_it():
    figures = telling.figures([stage(), stage("order_history")], "two cores")

    own = [each for each in figures if each.name.startswith("order_history: ")]
    assert own
    assert all("its handler alone 5.0 ms" in each.reference for each in own)


def test_table_has_a_column_for_each_stage(capsys):
    seen = [stage(), stage("order_history", page=40.0, read=7.0)]
    telling.print_table(seen, machine="two cores", load="much")

    printed = capsys.readouterr().out
    assert "monolith alone" in printed
    assert "+ order_history" in printed
    assert "100/100/100 of 200" in printed
    assert "40/40/40 of 200" in printed
    assert "7/7/7 of 200" in printed


def test_drawing_is_svg_with_a_bar_for_each_stage_of_each_measure():
    drawn = ET.fromstring(drawing.draw([stage(), stage("order_history", page=25.0)]))

    bars = drawn.findall(f"{SVG}rect")
    reads = [float(bar.attrib["width"]) for bar in bars[:2]]
    assert len(bars) == 2 * 4
    assert reads[1] == pytest.approx(reads[0] / 4, rel=0.01)
    assert [bar.get("class") for bar in bars[:2]] == ["bar", "moved"]


@pytest.mark.parametrize(
    ("said", "sources"),
    [
        (["order_history=service; reason=stage"], ["service"]),
        (["order_detail=monolith; reason=hold, order_history=service; reason=stage"], ["service"]),
        (["order_history=monolith; reason=timeout; as_of=3; ms=2.0"], ["monolith, timeout"]),
        (
            [
                "order_history=service; reason=stage; as_of=3; ms=2.5",
                "order_history=monolith; reason=timeout; as_of=3; ms=1.0",
            ],
            ["service", "monolith, timeout"],
        ),
        ([], []),
        (["order_detail=service; reason=stage"], []),
    ],
)
def test_who_answered_is_read_from_the_header(said, sources):
    assert sources_of("order_history", said) == sources


@pytest.mark.parametrize(
    ("sources", "is_by_service"),
    [(["service"], True), (["service", "monolith"], False), ([], False)],
)
def test_page_is_the_services_if_all_its_reads_are(sources, is_by_service):
    assert look(*sources).is_by_service is is_by_service


def test_reports_are_held_against_the_questions_and_not_the_page():
    def reports(*moved, asking):
        looks = {"sales_insights": [look("service" if moved else "monolith", page=1_000.0)] * 20}
        handlers = {"sales_insights": [35.0] * 20} if moved else {}
        return replace(
            stage(*moved), looks=looks, reads={"sales_insights": [asking] * 20}, handlers=handlers
        )

    slow = held(reports(asking=600.0), reports("sales_insights", asking=31.0))
    fast = held(reports(asking=600.0), reports("sales_insights", asking=29.0))

    assert slow["reports, times faster"] is False
    assert fast["reports, times faster"] is True
    assert fast["reports, times faster by the handler's own time"] is False


@pytest.mark.django_db
def test_reads_of_a_page_are_added_up_from_the_records_of_its_request():
    for path, request_id, milliseconds in (
        ("order_history", "first", 2.0),
        ("order_history", "first", 3.0),
        ("order_history", "second", 7.0),
        ("order_history", "of somebody else", 100.0),
        ("order_detail", "first", 1_000.0),
    ):
        ReadRecord.objects.create(
            request_id=request_id, path=path, subject="1", source="service", reason="stage",
            as_of=1, milliseconds=milliseconds, facts={}, at=timezone.now(),
        )  # fmt: skip
    looks = [
        look("service", "service", request_id="first"),
        look("service", request_id="second"),
    ]

    found = reading.milliseconds_by_path({"order_history": looks})

    assert sorted(found["order_history"]) == [5.0, 7.0]


@pytest.mark.django_db
def test_read_that_nobody_wrote_down_is_missed_by_name(monkeypatch):
    monkeypatch.setattr(reading, "wait_until", partial(waiting.wait_until, seconds=0))

    with pytest.raises(waiting.NeverHappened, match="records of 1 reads of order_history"):
        reading.milliseconds_by_path({"order_history": [look("service")]})
