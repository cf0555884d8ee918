from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from event_contracts.sales_insights import ABOUT_STREAMS, Period, Report
from extracted_services.sales_insights import queries
from extracted_services.sales_insights.projection import merge
from extracted_services.sales_insights.queries import Remembered
from extracted_services.sales_insights.queries.looking import Look
from extracted_services.sales_insights.store import ObjectLake
from tests.extracted_services.sales_insights.facts import (
    ALL,
    MARCH,
    NOW,
    land,
    land_and_merge,
    march,
    placed,
    some_trade,
)
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects

OVER = Period(first_day=date(2025, 3, 1), until_day=date(2025, 3, 11))
ABOUT_PERIODS = [name for name in ALL if name not in ABOUT_STREAMS.values()]
REPORTS = [
    Report.over(period, *names)
    for names in (ABOUT_PERIODS, *([name] for name in ABOUT_PERIODS))
    for period in (OVER, MARCH)
]


@pytest.fixture
def statements(monkeypatch):
    """The statements that are run while the test lasts."""
    run = []
    rows = Look.rows

    def noted(look, statement):
        run.append(statement)
        return rows(look, statement)

    monkeypatch.setattr(Look, "rows", noted)
    return run


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_is_remembered_is_what_would_be_found(tmp_path_factory, engine, data):
    lake = ObjectLake(InMemoryObjects(), tmp_path_factory.mktemp("lake"))
    remembered = Remembered(most=8)
    waiting = list(data.draw(st.permutations(some_trade())))
    land(lake, waiting.pop())

    while waiting:
        match data.draw(st.sampled_from(("land", "land", "merge", "nothing"))):
            case "land":
                land(lake, waiting.pop())
            case "merge":
                merge(lake, engine, now=NOW)
        for report in data.draw(st.lists(st.sampled_from(REPORTS), min_size=1, max_size=6)):
            assert queries.answer(report, lake, engine, remembered) == queries.answer(
                report, lake, engine
            )


def test_days_that_are_over_are_not_asked_about_again_while_trade_goes_on(lake, engine, statements):
    remembered = Remembered()
    report = Report.over(OVER, "takings_by_day")
    land_and_merge(lake, engine, *some_trade())
    queries.answer(report, lake, engine, remembered)

    for day in range(12, 16):
        order = placed(f"L{day}", day, march(day), ("HEART", 1, 100))
        land(lake, order)
        first = queries.answer(report, lake, engine, remembered)
        merge(lake, engine, now=NOW)
        assert first == queries.answer(report, lake, engine, remembered)

    assert len(statements) == 1


def test_late_fact_of_a_day_that_was_asked_about_is_counted(lake, engine):
    remembered = Remembered()
    report = Report.over(OVER, "takings_by_day")
    land_and_merge(lake, engine, *some_trade())
    before = queries.answer(report, lake, engine, remembered)

    land(lake, placed("LATE", 1, march(10), ("HEART", 1, 100)))
    after = queries.answer(report, lake, engine, remembered)

    (before_day, *_), (after_day, *_) = (
        answer.rows_of("takings_by_day") for answer in (before, after)
    )
    assert after_day["orders"] == before_day["orders"] + 1


def test_only_so_many_answers_are_remembered():
    remembered, found = Remembered(most=2), []

    def find(name):
        found.append(name)
        return (name,)

    for name in ("a", "b", "a", "c", "a", "b"):
        assert remembered.rows(name, "same", partial(find, name)) == (name,)

    assert found == ["a", "b", "c", "b"]
