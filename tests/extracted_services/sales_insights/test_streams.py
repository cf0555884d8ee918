"""What the lake says of single streams, and how far each of them has come."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from event_contracts.catalogue import PricePoint
from event_contracts.checksums import KeyDigest, KeyVersion, checksum_of, digest_of
from event_contracts.ordering import BasketLineAdded, CustomerOrdersSnapshotTaken, OrderAnnounced
from event_contracts.registry import EVENT_CLASSES
from event_contracts.sales_insights import ALL_TIME, Report, question_about
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NO_PRODUCT, NOBODY, PRODUCT, customer_stream
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import BadParameter
from extracted_services.sales_insights import queries
from extracted_services.sales_insights.projection import facts_of
from extracted_services.sales_insights.queries import streams
from extracted_services.sales_insights.queries.stream_statements import STREAM_STATEMENTS
from extracted_services.sales_insights.view import TABLES
from tests.extracted_services.sales_insights.facts import (
    NOW,
    envelope,
    land,
    land_and_merge,
    listed,
    march,
    placed,
    priced,
    some_trade,
    stated,
)

ALICE, BOB, NOBODYS = "customer/1", "customer/2", customer_stream(NOBODY)
HEART = "product/HEART"


def said_of(stream, lake, engine):
    report = Report.over(ALL_TIME, question_about(stream), about=stream)
    return queries.answer(report, lake, engine)


def versions(lake, engine, *asked):
    found = queries.checksum(asked, lake, engine).versions
    return {each.key: each.version for each in found}


def snapshot(version, *, customer=1, orders=()):
    taken = CustomerOrdersSnapshotTaken(customer_id=customer, orders=orders)
    return envelope(customer_stream(customer), version, taken, NOW)


def beat(version, path="sales_insights"):
    return envelope(NOBODYS, version, HeartbeatSent(path=path, sent_at=NOW), NOW)


def test_answer_about_a_stream_is_as_of_its_version(lake, engine):
    land(lake, *some_trade())

    assert [said_of(stream, lake, engine).as_of for stream in (ALICE, BOB, HEART)] == [4, 2, 2]


def test_prices_of_a_product_are_those_that_events_and_snapshots_told(lake, engine):
    then = PricePoint(effective_at=march(1), price_pence=200)
    land_and_merge(lake, engine, stated("HEART", 3, march(5), then))
    land(lake, priced("HEART", 4, march(11), 200, 250), priced("JAR", 1, march(2), 5, 6))

    said = said_of(HEART, lake, engine)

    assert said.as_of == 4
    assert [tuple(row.values()) for row in said.rows_of("prices_known")] == [
        (march(1).isoformat(), 200),
        (march(11).isoformat(), 250),
    ]


def test_checksum_is_over_the_answers_that_one_would_get(lake, engine):
    land_and_merge(lake, engine, *some_trade()[:4])
    land(lake, *some_trade()[4:])
    complete = (ALICE, BOB, HEART)
    said = [replace(said_of(each, lake, engine), recorded_until=None) for each in complete]

    summed = queries.checksum([*complete, "product/JAR"], lake, engine)

    expected = checksum_of(
        KeyDigest(key=key, version=each.as_of, digest=digest_of(key, [each]))
        for key, each in zip(complete, said, strict=True)
    )
    assert (summed.count, summed.hash) == (3, expected.hash)
    assert summed.versions[3] == KeyVersion(key="product/JAR", version=None)


def test_many_streams_are_summed_in_one_look(lake, engine, monkeypatch):
    land(lake, *some_trade())
    look = Mock(wraps=lake.read_manifest)
    monkeypatch.setattr(lake, "read_manifest", look)

    summed = queries.checksum([ALICE, BOB, HEART], lake, engine)

    assert (summed.count, look.call_count) == (3, 1)


def test_stream_of_which_a_fact_is_missing_has_no_answer(lake, engine):
    trade = some_trade()
    land(lake, *(each for each in trade if (each.stream, each.version) != (ALICE, 3)))

    assert versions(lake, engine, ALICE, BOB) == {ALICE: None, BOB: 2}
    with pytest.raises(NotComplete, match="customer/1"):
        said_of(ALICE, lake, engine)


def test_snapshot_stands_for_all_that_came_before_it(lake, engine):
    land(lake, snapshot(7), placed("Z", 8, march(20), ("JAR", 1, 5)))

    assert versions(lake, engine, ALICE) == {ALICE: 8}


def test_fact_before_a_snapshot_may_come_after_it(lake, engine):
    land_and_merge(lake, engine, snapshot(7), placed("Z", 9, march(20), ("JAR", 1, 5)))
    before = versions(lake, engine, ALICE)
    land(lake, placed("Y", 8, march(19), ("JAR", 1, 5)))

    assert before == {ALICE: None}
    assert versions(lake, engine, ALICE) == {ALICE: 9}


def test_streams_are_listed_page_by_page(lake, engine, monkeypatch):
    monkeypatch.setattr(streams, "LISTED_AT_ONCE", 2)
    land_and_merge(lake, engine, *(placed(f"N{n}", 1, march(9), customer=n) for n in (1, 2)))
    land(lake, placed("N3", 1, march(9), customer=3), listed("HEART", march(1), 200))
    land(lake, stated("JAR", 2, march(5)), stated(NO_PRODUCT, 2, march(5)))

    first = queries.list_streams(None, lake, engine)
    second = queries.list_streams(first.next, lake, engine)
    last = queries.list_streams(second.next, lake, engine)

    assert (first.keys, first.next) == ((ALICE, BOB), BOB)
    assert (second.keys, second.next) == (("customer/3", HEART), HEART)
    assert (last.keys, last.next) == (("product/JAR",), None)


def test_place_in_the_list_that_cannot_be_one_is_refused(lake, engine):
    with pytest.raises(BadParameter, match="after"):
        queries.list_streams("'; DROP TABLE x --", lake, engine)


@pytest.mark.parametrize("text", ["basket/1", "customer", "customer/'", "weather/1"])
def test_stream_about_which_nothing_is_asked_is_refused(text):
    with pytest.raises(ValueError, match="stream"):
        queries.read_stream(text)


@pytest.mark.parametrize(("name", "about"), [("orders_booked", HEART), ("prices_known", ALICE)])
def test_question_about_a_stream_of_another_kind_is_refused(name, about):
    asked = {"first_day": "2025-03-01", "until_day": "2025-04-01", "about": about}

    with pytest.raises(BadParameter, match="about"):
        queries.read_report(name, asked)


def test_heartbeats_are_counted_and_in_no_file(lake, engine):
    land(lake, beat(6), *some_trade())
    landed = said_of(NOBODYS, lake, engine)

    land_and_merge(lake, engine, beat(7))
    merged = said_of(NOBODYS, lake, engine)

    assert (landed.as_of, merged.as_of, merged.rows_of("orders_booked")) == (6, 7, ())
    assert {file.table for file in lake.read_manifest()[0].files} <= {*TABLES} - {"other_events"}


def test_snapshot_of_nobody_tells_how_far_heartbeats_had_come(lake, engine):
    land_and_merge(lake, engine, snapshot(9, customer=NOBODY))

    assert said_of(NOBODYS, lake, engine).as_of == 9


def test_without_a_heartbeat_nothing_was_heard(lake, engine):
    land(lake, *some_trade())

    with pytest.raises(NotComplete):
        said_of(NOBODYS, lake, engine)


def test_heartbeats_of_other_paths_are_not_kept():
    assert facts_of(beat(7, path="order_history")) == []
    assert [row.values["version"] for row in facts_of(beat(7))] == [7]


def test_every_table_that_a_kind_of_stream_travels_into_tells_versions():
    of_orders = {name for name in TABLES if name.startswith("ordering_") and "basket" not in name}
    of_products = {name for name in TABLES if name.startswith("catalogue_")}
    told = {name: {*asked.versions.reads} for name, asked in STREAM_STATEMENTS.items()}

    announced = {"ordering_order_announced_v1"}  # on streams of its own, which are not taken in
    assert told[question_about(ALICE)] == {*of_orders, "other_events"} - announced
    assert told[question_about(f"{PRODUCT}/JAR")] == {*of_products, "other_events"}
    assert {OrderAnnounced, BasketLineAdded} < {*EVENT_CLASSES.values()}
