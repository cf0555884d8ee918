from __future__ import annotations

from datetime import UTC, date, datetime
from unittest.mock import Mock

import pytest

from event_contracts.catalogue import PricePoint
from event_contracts.sales_insights import (
    ABOUT_STREAMS,
    MOST_HOURS,
    ROWS,
    Period,
    Report,
    days_since_1970,
)
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import BadParameter
from extracted_services.sales_insights import queries, store
from extracted_services.sales_insights.projection import merging
from extracted_services.sales_insights.queries import looking
from extracted_services.sales_insights.queries.statements import STATEMENTS
from extracted_services.sales_insights.queries.writing import written
from extracted_services.sales_insights.store import ObjectLake
from extracted_services.sales_insights.view import FILES, LANDING, stage
from tests.extracted_services.sales_insights.facts import (
    ALL,
    MARCH,
    NOW,
    added,
    ask,
    available,
    cancelled,
    checked_out,
    dispatched,
    everything,
    land,
    land_and_merge,
    listed,
    march,
    placed,
    priced,
    removed,
    rows,
    sold_out,
    some_trade,
    stated,
)
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects


def test_what_is_held_in_memory_gives_way_to_what_a_merge_has_made(lake, engine, monkeypatch):
    monkeypatch.setattr(merging, "MOST_HELD_BYTES", 2**20)

    land_and_merge(lake, engine, placed("A1", 1, march(1), ("HEART", 1, 100)))
    before = rows(lake, engine, "takings_by_day")
    land_and_merge(lake, engine, placed("A2", 2, march(2), ("HEART", 1, 100)))
    after = rows(lake, engine, "takings_by_day")

    held = engine.execute(
        "SELECT count(*) FROM duckdb_tables() "
        "WHERE starts_with(table_name, 'held_ordering_order_placed_v1_')"
    ).fetchone()
    assert (len(before), len(after), held) == (1, 2, (1,))


def test_cold_function_fetches_one_file_of_a_small_table_however_many_days_it_has(
    lake, engine, objects, tmp_path, monkeypatch
):
    monkeypatch.setattr(merging, "MOST_HELD_BYTES", 2**20)
    days = [placed(f"A{day}", day, march(day), ("HEART", 1, 100)) for day in range(1, 11)]
    land_and_merge(lake, engine, *days)
    expected = rows(lake, engine, "takings_by_product")
    fetched = []

    class Counted(InMemoryObjects):
        def get(self, key):
            fetched.append(key)
            return objects.get(key)

        def list(self, prefix, most):
            return objects.list(prefix, most)

    with store.engine() as own:
        cold = ObjectLake(Counted(), tmp_path / "cold")
        assert rows(cold, own, "takings_by_product") == expected

    assert [key.partition("/")[0] for key in fetched] == ["manifest.json", "tables"]
    assert len(objects.list(FILES, 100)) == 10


def test_every_question_has_an_answer():
    assert set(ALL) == set(ROWS)


def test_takings_are_booked_on_the_day_on_which_it_happened(lake, engine):
    land(lake, *some_trade())

    assert rows(lake, engine, "takings_by_day") == [
        ("2025-03-10", 2, 2400, 0, 0),
        ("2025-03-11", 1, 250, 1500, 0),
        ("2025-03-12", 0, 0, 0, 200),
    ]


def test_takings_are_ranked_by_country_and_product(lake, engine):
    land(lake, *some_trade())

    assert rows(lake, engine, "takings_by_country") == [
        ("France", 2, 2400, 1500, 200),
        ("Spain", 1, 250, 0, 0),
    ]
    assert rows(lake, engine, "takings_by_product") == [
        ("JAR", 2, 2000, 1500, 0),
        ("HEART", 2, 650, 0, 200),
    ]


def test_what_is_outside_the_period_is_not_counted(lake, engine):
    land(lake, *some_trade(), placed("L", 5, march(13, 0), ("JAR", 9, 500)))
    period = Period(first_day=date(2025, 3, 11), until_day=date(2025, 3, 13))

    assert [row[0] for row in rows(lake, engine, "takings_by_day", period=period)] == [
        "2025-03-11",
        "2025-03-12",
    ]


def test_cohorts_follow_customers(lake, engine):
    land(
        lake,
        placed("A", 1, march(1), ("JAR", 1, 1)),
        placed("B", 2, march(1).replace(month=5), ("JAR", 1, 1)),
        placed("C", 1, march(2), ("JAR", 1, 1), customer=2),
        placed("D", 2, march(2).replace(year=2026, month=1), ("JAR", 1, 1), customer=2),
    )
    period = Period(first_day=date(2025, 3, 1), until_day=date(2026, 3, 1))

    assert rows(lake, engine, "cohorts", period=period) == [
        ("2025-03", 0, 2),
        ("2025-03", 2, 1),
        ("2025-03", 10, 1),
    ]


def test_change_of_price_stands_between_sales_before_and_after(lake, engine):
    land(lake, *some_trade(), placed("L", 5, march(26), ("HEART", 50, 250)))

    assert rows(lake, engine, "price_effects") == [
        ("HEART", "2025-03-11T12:00:00+00:00", 200, 250, 2, 1)
    ]


def test_last_word_about_the_price_of_an_instant_holds(lake, engine):
    land(
        lake,
        listed("HEART", march(1), 200),
        priced("HEART", 2, march(5), 200, 999),
        priced("HEART", 3, march(5), 200, 210),
    )

    assert [row[3] for row in rows(lake, engine, "price_effects")] == [210]
    assert rows(lake, engine, "products_as_of", about="HEART") == [("HEART", "Heart", 210, True)]


def test_parcels_are_counted_by_whole_hours(lake, engine):
    land(
        lake,
        dispatched("A", 1, march(10, 8), march(10, 9, 59)),
        dispatched("B", 2, march(10, 8), march(10, 10)),
        dispatched("C", 3, march(1), march(20)),
    )

    assert rows(lake, engine, "dispatch_times") == [(1, 1), (2, 1), (MOST_HOURS, 1)]


def test_stock_of_a_former_day_is_what_had_been_told_until_then(lake, engine):
    land(
        lake,
        listed("HEART", march(1), 200),
        sold_out("HEART", 2, march(13)),
        available("HEART", 3, march(15)),
        priced("HEART", 4, march(16), 200, 300),
        listed("LATER", march(20), 1),
    )

    def on(day):
        period = Period(first_day=date(2025, 3, 1), until_day=date(2025, 3, day + 1))
        return rows(lake, engine, "products_as_of", period=period)

    assert [on(12), on(14), on(16)] == [
        [("HEART", "Heart", 200, True)],
        [("HEART", "Heart", 200, False)],
        [("HEART", "Heart", 300, True)],
    ]


def test_product_that_no_event_listed_is_known_by_its_snapshot(lake, engine):
    land_and_merge(
        lake,
        engine,
        stated("HEART", 3, march(20), PricePoint(price_pence=250, effective_at=march(11))),
    )
    land(lake, sold_out("HEART", 4, march(25)), priced("HEART", 5, march(26), 250, 300))

    def on(day):
        period = Period(first_day=date(2025, 3, 1), until_day=date(2025, 3, day + 1))
        return rows(lake, engine, "products_as_of", period=period)

    assert [on(10), on(12), on(20), on(25), on(26)] == [
        [],
        [("HEART", "Heart", 250, None)],
        [("HEART", "Heart", 250, True)],
        [("HEART", "Heart", 250, False)],
        [("HEART", "Heart", 300, False)],
    ]
    assert [row[2:4] for row in rows(lake, engine, "price_effects")] == [(250, 300)]


def test_snapshot_changes_nothing_of_what_events_told(lake, engine):
    trade = [listed("HEART", march(1), 200), priced("HEART", 2, march(5), 200, 210)]
    land(lake, *trade)
    told = everything_of_products(lake, engine)

    prices = (PricePoint(price_pence=210, effective_at=march(5)),)
    land(lake, stated("HEART", 2, march(20), *prices), stated("HEART", 2, march(21), *prices))

    assert everything_of_products(lake, engine) == told


def test_withdrawn_product_is_not_on_sale_from_its_snapshot_on(lake, engine):
    price = PricePoint(price_pence=250, effective_at=march(11))
    land(lake, stated("HEART", 3, march(20), price, is_withdrawn=True))
    before = Period(first_day=date(2025, 3, 1), until_day=date(2025, 3, 20))

    assert rows(lake, engine, "products_as_of") == []
    assert len(rows(lake, engine, "products_as_of", period=before)) == 1


def everything_of_products(lake, engine):
    return [rows(lake, engine, name) for name in ("products_as_of", "price_effects")]


def test_baskets_that_were_given_up_are_those_without_an_order(lake, engine):
    land(
        lake,
        added(1, 1, march(10), "HEART"),
        added(1, 2, march(10, 13), "JAR"),
        removed(1, 3, march(10, 14), "JAR"),
        checked_out(1, 4, march(11)),
        added(1, 5, march(12), "HEART"),
        added(2, 1, march(12), "JAR"),
        removed(2, 2, march(12, 13), "JAR", 3),
        added(3, 1, march(31, 23), "JAR"),
        checked_out(3, 2, march(31, 0).replace(month=4, day=1)),
    )

    assert rows(lake, engine, "baskets_by_day") == [
        ("2025-03-10", 1, 1),
        ("2025-03-12", 2, 0),
        ("2025-03-31", 1, 0),
    ]
    assert rows(lake, engine, "removed_products") == [("JAR", 2, 4, 1)]


def test_answer_is_the_same_before_between_and_after_merges(lake, engine):
    trade = some_trade()
    land(lake, *trade)
    before = everything(lake, engine)

    land_and_merge(lake, engine, *trade[:4])
    between = everything(lake, engine)
    land(lake, *trade[3:])

    assert before == between == everything(lake, engine)


def test_answer_tells_until_when_it_has_everything(lake, engine):
    land(lake, *some_trade())
    april = Period(first_day=date(2025, 3, 1), until_day=date(2025, 5, 1))

    march_only, more = (ask(lake, engine, "cohorts", period=each) for each in (MARCH, april))

    assert march_only.recorded_until == NOW
    # Two minutes are not over yet since midnight: the last day of March is not settled.
    assert {march_only.as_of, more.as_of} == {days_since_1970(date(2025, 3, 31))}


def test_empty_lake_refuses_to_answer(lake, engine):
    with pytest.raises(NotComplete):
        ask(lake, engine, "cohorts")


def test_lake_that_nobody_merges_refuses_to_answer(lake, engine, monkeypatch):
    monkeypatch.setattr(looking, "MOST_LANDED", 1)
    land(lake, some_trade()[0])
    land(lake, some_trade()[1])

    with pytest.raises(NotComplete, match="2 landed objects"):
        ask(lake, engine, "cohorts")


PERIOD = {"first_day": "2025-03-01", "until_day": "2025-04-01"}


def test_report_is_read_from_a_request():
    asked = queries.read_report("cohorts,takings_by_day", PERIOD | {"about": "85123A"})

    assert asked == Report.over(MARCH, "cohorts", "takings_by_day", about="85123A")


def test_report_is_answered_as_its_questions_would_be_from_one_look(lake, engine, monkeypatch):
    land_and_merge(lake, engine, *some_trade())
    names = [name for name in ROWS if name not in ABOUT_STREAMS.values()]
    alone = [ask(lake, engine, name) for name in names]
    survey = Mock(wraps=lake.survey)
    monkeypatch.setattr(lake, "survey", survey)

    together = queries.answer(Report.over(MARCH, *names), lake, engine)

    assert together.said == tuple(said for answer in alone for said in answer.said)
    assert {together.as_of} == {answer.as_of for answer in alone}
    assert survey.call_count == 1


@pytest.mark.parametrize(
    ("name", "parameters", "wrong"),
    [
        ("weather", PERIOD, "questions"),
        ("cohorts,weather", PERIOD, "questions"),
        ("cohorts,cohorts", PERIOD, "questions"),
        ("", PERIOD, "questions"),
        ("cohorts,orders_booked", PERIOD | {"about": "customer/1"}, "questions"),
        ("cohorts", {"first_day": "2025-03-01"}, "until_day"),
        ("cohorts", PERIOD | {"first_day": "20250301"}, "first_day"),
        ("cohorts", PERIOD | {"until_day": "2025-02-01"}, "until_day"),
        ("cohorts", PERIOD | {"limit": "3"}, "limit"),
        ("cohorts", PERIOD | {"about": "' OR ''='"}, "about"),
    ],
)
def test_report_that_cannot_be_read_is_refused_by_name(name, parameters, wrong):
    with pytest.raises(BadParameter) as refused:
        queries.read_report(name, parameters)

    assert refused.value.name == wrong


def test_nothing_but_instants_and_a_code_is_written_into_a_statement():
    with pytest.raises(ValueError, match="stock code"):
        written(STATEMENTS["products_as_of"].sql, MARCH, about="'; DROP TABLE x --")


def test_cancelled_order_of_a_former_day_counts_on_the_day_of_its_cancellation(lake, engine):
    land(
        lake,
        placed("A", 1, march(1).replace(month=2), ("JAR", 2, 500)),
        cancelled("A", 2, march(1).replace(month=2), march(3)),
    )

    assert rows(lake, engine, "takings_by_day") == [("2025-03-03", 0, 0, 1000, 0)]


def test_day_that_is_over_is_settled_two_minutes_after_midnight(lake, engine):
    land(lake, *some_trade())
    past = Period(first_day=date(2025, 3, 1), until_day=date(2025, 3, 15))

    assert ask(lake, engine, "cohorts", period=past).as_of == days_since_1970(date(2025, 3, 15))
    assert datetime(2025, 4, 1, tzinfo=UTC) == NOW


def test_orders_of_one_stream_are_told_with_what_became_of_them(lake, engine):
    land(lake, *some_trade())

    booked = [
        rows(lake, engine, "orders_booked", about=f"customer/{customer}") for customer in (1, 2)
    ]

    assert booked == [[("A", 900, 0, 200), ("C", 250, 0, 0)], [("B", 1500, 1500, 0)]]


def test_of_what_landed_only_what_is_new_is_staged(lake, engine, monkeypatch):
    staged: list[list[str]] = []

    def noted(rows, file):
        staged.append([row.fact_id for row in rows])
        stage(rows, file)

    monkeypatch.setattr(looking, "stage", noted)

    land(lake, placed("A1", 1, march(1), ("HEART", 1, 100)))
    rows(lake, engine, "takings_by_day")
    land(lake, placed("A2", 2, march(2), ("HEART", 1, 100)))
    found = rows(lake, engine, "takings_by_day")
    rows(lake, engine, "takings_by_day")

    assert staged == [["OrderPlaced/A1"], ["OrderPlaced/A2"]]
    assert len(found) == 2


def test_what_is_gone_from_where_it_landed_is_told_no_more(lake, engine, objects):
    land(lake, placed("A1", 1, march(1), ("HEART", 1, 100)))
    first = objects.list(LANDING, 10)
    land(lake, placed("A2", 2, march(2), ("HEART", 1, 100)))
    before = rows(lake, engine, "takings_by_day")

    objects.delete(first)

    after = rows(lake, engine, "takings_by_day")
    assert (len(before), [day for day, *_ in after]) == (2, ["2025-03-02"])
