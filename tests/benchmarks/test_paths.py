"""The tables and figures of the climbs, out of paths that were made up."""

from __future__ import annotations

import pytest

from benchmarks.figures import aligned
from benchmarks.paths import telling
from benchmarks.paths.telling import Moved, Together
from infra.local.demo.acting import Reconciled
from infra.local.demo.climbing import Climb
from infra.local.demo.histories import Complaint
from infra.local.demo.readers import Reading, Readings
from infra.local.demo.table import Stay

PATH = "order_detail"
FOUND = {"match": 90, "healed": 10}
ALL_HOLD = {
    f"{PATH}: reached service": True,
    f"{PATH}: to service": None,
    f"{PATH}: errors seen": True,
    f"{PATH}: own writes not shown": True,
    f"{PATH}: wrong": True,
    f"{PATH}: exit code": True,
    "all together: wrong": True,
    "all together: exit code": True,
    "paths compared together": True,
    "compared while trade went on": True,
}


def stay(rung, since, until, *, was_automatic=False, reason=""):
    return Stay(rung=rung, since=since, until=until, was_automatic=was_automatic, reason=reason)


STOOD = (
    stay("monolith", 0.0, 60.0),
    stay("canary-5", 60.0, 90.0),
    stay("monolith", 90.0, 120.0, was_automatic=True),
    stay("canary-5", 120.0, 180.0),
    stay("service", 180.0, 200.0),
)


def page(ended_at=190.0, source="service", **what):
    return Reading(
        ended_at=ended_at, milliseconds=20.0, read_path=f"{PATH}={source}; reason=stage", **what
    )


def climb(*pages, stood=STOOD, stopped=""):
    readings = Readings()
    for each in pages:
        readings.add(each)
    return Climb(path=PATH, stood=stood, readings=readings, stopped=stopped)


def reconciled(exit_code=0, **counts):
    report = {
        "path": PATH,
        "keys": 100,
        "seconds": 2.5,
        "counts": counts or FOUND,
        "findings": [{"key": "C7", "outcome": "wrong"}] if exit_code else [],
    }
    return Reconciled(exit_code=exit_code, reports=[report])


def moved(*pages, found=None, was_trading=True, **climbed):
    seen = pages or (page(),)
    return Moved(
        climb=climb(*seen, **climbed), reconciled=found or reconciled(), was_trading=was_trading
    )


def together(found=None, *, is_trading=True, stands=None):
    return Together(
        reconciled=found or reconciled(),
        is_trading=is_trading,
        standing={PATH: stands or STOOD[-1]},
    )


def held(each, last=None):
    return {figure.name: figure.holds for figure in telling.figures([each], last or together())}


def test_path_that_nobody_noticed_holds_every_bar():
    assert held(moved()) == ALL_HOLD


@pytest.mark.parametrize(
    ("each", "last", "broken"),
    [
        (moved(stood=STOOD[:2]), None, f"{PATH}: reached service"),
        (moved(stopped="the runbook ended with 8"), None, f"{PATH}: reached service"),
        (moved(page(error="/orders/7/: 500")), None, f"{PATH}: errors seen"),
        (moved(page(complaint=Complaint.WRONG)), None, f"{PATH}: errors seen"),
        (moved(page(complaint=Complaint.OLD)), None, f"{PATH}: own writes not shown"),
        (moved(found=reconciled(match=99, unsettled=1)), None, f"{PATH}: wrong"),
        (moved(found=Reconciled(exit_code=1, reports=[])), None, f"{PATH}: exit code"),
        (moved(was_trading=False), None, "compared while trade went on"),
        (moved(), together(is_trading=False), "compared while trade went on"),
        (moved(), together(reconciled(match=99, missing=1)), "all together: wrong"),
    ],
)
def test_figure_fails_by_the_bar_that_was_missed_and_by_no_other(each, last, broken):
    assert held(each, last) == {**ALL_HOLD, broken: False}


def test_path_that_was_left_out_of_the_last_comparison_is_missed():
    left_out = together(Reconciled(exit_code=1, reports=[], complaint="no path at service"))

    figures = held(moved(), left_out)

    assert figures["paths compared together"] is False
    assert figures["all together: exit code"] is False


def test_time_on_a_rung_counts_every_stay_on_it():
    each = climb(page())

    assert each.seconds == 180.0
    assert each.falls == 1
    assert each.seconds_by_rung() == {"monolith": 90.0, "canary-5": 90.0}


def test_tables_tell_what_was_seen_and_found(capsys):
    seen = (page(ended_at=10.0, source="monolith"), page(), page(source="monolith"))
    telling.print_tables([moved(*seen)], together())

    outcomes, minutes, last = capsys.readouterr().out.strip().split("\n\n")
    assert outcomes.splitlines()[1].split() == [
        PATH, "service", "3.0", "3", "1", "of", "2", "0", "0", "1", "100", "90", "10", "0", "0"
    ]  # fmt: skip
    assert minutes.splitlines()[1].split()[:2] == [PATH, "1.5"]
    assert last.splitlines()[1].split() == [PATH, "100", "90", "10", "0", "2.5"]


def test_what_was_wrong_is_told_below_the_tables(capsys):
    bad = reconciled(16, match=99, wrong=1)
    telling.print_tables([moved(page(error="/orders/7/: 500"), found=bad)], together())

    printed = capsys.readouterr().out
    assert f"{PATH}: 1 x /orders/7/: 500" in printed
    assert "'key': 'C7'" in printed


def test_path_that_fell_after_its_climb_is_told_with_the_reason(capsys):
    fell = stay("shadow-100", 300.0, 400.0, was_automatic=True, reason="2 wrong of 90")

    telling.print_tables([moved()], together(stands=fell))

    assert f"{PATH}: stands at shadow-100 in the end: 2 wrong of 90" in capsys.readouterr().out


def test_columns_stand_below_each_other():
    assert list(aligned([("a", "bcd"), ("ef", "g")])) == ["a   bcd", "ef  g"]


def test_path_is_told_of_as_soon_as_it_has_ended():
    titles, row = telling.outcome(moved(page())).splitlines()

    assert titles.startswith("path ")
    assert row.split()[:2] == [PATH, "service"]
