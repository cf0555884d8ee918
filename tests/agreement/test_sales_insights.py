"""The agreement law of the reports: what the tables say is what the events say, day by day."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from event_contracts.checksums import KeyDigest, KeyVersion, checksum_of
from event_contracts.sales_insights import ABOUT_STREAMS, Period, Report, question_about
from extracted_services.sales_insights import projection, queries, store
from extracted_services.sales_insights.store import ObjectLake
from extracted_services.sales_insights.view import landing_of
from monolith.catalogue.legacy import LegacyProduct, load_products
from monolith.catalogue.operations import PriceUnchanged, change_price
from monolith.insights.migration_paths import ASKED, BOTH_CAN_TELL, sales_insights
from monolith.insights.queries import list_products_as_of
from monolith.insights.queries.streams import count_streams, list_streams
from monolith.ordering import operations
from monolith.ordering.legacy import (
    LegacyLine,
    LegacyOrder,
    LegacyReturn,
    LegacyReturnedLine,
    load_orders,
)
from monolith.strangler.backfill.snapshots import record_snapshots
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects
from tests.factories import (
    OPENED,
    a_customer,
    a_key,
    a_product,
    delivery,
    later,
    lines,
    recorded,
)

pytestmark = pytest.mark.django_db

MARCH = Period(first_day=date(2025, 3, 1), until_day=date(2025, 4, 1))
CODES = ("HEART", "JAR", "LAMP", "MUG")


@pytest.fixture(scope="module")
def engine():
    with store.engine() as connection:
        yield connection


@pytest.fixture
def lake(tmp_path):
    return ObjectLake(InMemoryObjects(), tmp_path)


def deliver(lake, engine, envelopes, *, chance=None):
    """Deliver in batches, some twice, in any order; merge now and then."""
    chance = chance or random.Random(1)
    deliveries = [*envelopes, *chance.sample(envelopes, len(envelopes) // 3)]
    chance.shuffle(deliveries)
    while deliveries:
        size = chance.randint(1, 10)
        batch, deliveries = deliveries[:size], deliveries[size:]
        lake.land(*landing_of([row for each in batch for row in projection.facts_of(each)]))
        if chance.random() < 0.1:
            projection.merge(lake, engine, now=datetime.now(UTC))


def disagreements(lake, engine, *, periods, streams=()):
    reports = [
        Report.over(period, name)
        for period in periods
        for name in BOTH_CAN_TELL
        if name not in ABOUT_STREAMS.values()
    ]
    reports += [Report.over(MARCH, question_about(stream), about=stream) for stream in streams]
    return {
        (report.questions[0], report.first_day, report.about): found
        for report in reports
        if (
            found := sales_insights.compare(
                sales_insights.ask_monolith(report), queries.answer(report, lake, engine)
            )
        )
    }


def monoliths_checksum(streams):
    """Sum up what the tables say of whole streams, as a reconciliation does."""
    said = {
        stream: sales_insights.ask_monolith(sales_insights.source.first_query(stream))
        for stream in streams
    }
    return checksum_of(
        KeyDigest(
            key=stream, version=answer.as_of, digest=sales_insights.digest_of(stream, [answer])
        )
        for stream, answer in said.items()
    )


class Trader:
    """Does what customers and staff do, at random, in the order of time."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.now = datetime(2025, 3, 1, 10, tzinfo=UTC)
        self.customers = [a_customer(f"Customer{number}") for number in range(4)]
        for code in CODES:
            a_product(code, price_pence=self.chance.randint(100, 900), quantity=100_000)
        self.placed, self.sent = [], []

    def trade(self, steps):
        for _ in range(steps):
            self.now += timedelta(minutes=self.chance.randint(1, 500), seconds=self.chance.random())
            self.chance.choices(
                (self.order, self.dispatch, self.cancel, self.give_back, self.reprice, self.fill),
                (8, 5, 1, 2, 2, 3),
            )[0]()

    def order(self):
        customer = self.chance.choice([*self.customers, None])
        wanted = [(code, self.chance.randint(1, 9)) for code in self.chance.sample(CODES, 2)]
        order = operations.place_order(
            lines=lines(*wanted),
            customer_id=customer.pk if customer else None,
            delivery=delivery(self.chance.choice(("France", "Spain", "United Kingdom"))),
            placed_at=self.now,
            idempotency_key=a_key(),
        )
        self.placed.append((order, wanted))

    def dispatch(self):
        if self.placed:
            order, wanted = self.placed.pop(0)
            operations.dispatch_order(order_number=order.number, dispatched_at=self.now)
            self.sent.append((order, wanted))

    def cancel(self):
        if self.placed:
            order, _ = self.placed.pop()
            operations.cancel_order(order_number=order.number, cancelled_at=self.now, reason="")

    def give_back(self):
        if self.sent:
            order, wanted = self.sent.pop(self.chance.randrange(len(self.sent)))
            code, quantity = self.chance.choice(wanted)
            operations.return_items(
                order_number=order.number,
                lines=[
                    operations.ReturnRequest(
                        stock_code=code, quantity=self.chance.randint(1, quantity)
                    )
                ],
                returned_at=self.now,
                idempotency_key=a_key(),
            )

    def reprice(self):
        with suppress(PriceUnchanged):
            change_price(
                stock_code=self.chance.choice(CODES),
                price_pence=self.chance.randint(100, 900),
                effective_at=self.now,
            )

    def fill(self):
        operations.add_to_basket(
            basket_token=uuid4(),
            customer_id=None,
            stock_code=self.chance.choice(CODES),
            quantity=1,
            added_at=self.now,
        )


@pytest.mark.parametrize("seed", range(2))
def test_events_say_what_the_tables_say(lake, engine, seed):
    trader = Trader(seed)
    trader.trade(90)
    deliver(lake, engine, recorded(), chance=trader.chance)
    one_day = Period(first_day=date(2025, 3, 5), until_day=date(2025, 3, 6))
    streams = list_streams("", 1_000)

    assert disagreements(lake, engine, periods=(MARCH, one_day), streams=streams) == {}
    assert queries.checksum(streams, lake, engine) == monoliths_checksum(streams)
    assert queries.list_streams(None, lake, engine).keys == tuple(streams)
    assert queries.answer(Report.over(MARCH, "takings_by_day"), lake, engine).said[0].rows


def test_prices_of_a_former_day_are_those_of_the_tables(lake, engine):
    trader = Trader(7)
    trader.trade(60)
    deliver(lake, engine, recorded())

    said = queries.answer(Report.over(MARCH, "products_as_of"), lake, engine)

    from_tables = {row.stock_code: row.price_pence for row in list_products_as_of(MARCH.end)}
    assert {
        row["stock_code"]: row["price_pence"] for row in said.rows_of("products_as_of")
    } == from_tables
    assert {row["is_available"] for row in said.rows_of("products_as_of")} == {True}


def test_past_that_no_event_told_comes_by_snapshots(lake, engine):
    alice = a_customer("Alice")
    a_product("HEART", price_pence=200)
    old = datetime(2025, 3, 3, 10, tzinfo=UTC)
    back = LegacyReturn(
        number="C1",
        issued_at=old + timedelta(days=3),
        lines=(LegacyReturnedLine(position=1, quantity=1, refund_pence=200),),
    )
    bought = (LegacyLine(stock_code="HEART", quantity=3, unit_price_pence=200),)
    history = [
        LegacyOrder(
            number="1",
            customer_id=alice.pk,
            country="France",
            placed_at=old,
            dispatched_at=old + timedelta(hours=5),
            lines=bought,
            returns=(back,),
        ),
        LegacyOrder(
            number="2",
            customer_id=None,
            country="Spain",
            placed_at=old,
            dispatched_at=old + timedelta(hours=6),
            lines=bought,
        ),
    ]
    load_orders(history)
    operations.place_order(
        lines=lines(("HEART", 1)),
        customer_id=alice.pk,
        delivery=delivery(),
        placed_at=old + timedelta(days=9),
        idempotency_key=a_key(),
    )
    streams = [f"customer/{alice.pk}", "guest-order/2", "product/HEART"]
    assert sales_insights.source.keys_after("", 10) == streams
    assert sales_insights.source.keys_after(streams[0], 10) == streams[1:]
    assert count_streams() == len(streams)
    deliver(lake, engine, recorded())
    without_the_past = disagreements(lake, engine, periods=(MARCH,))
    incomplete = queries.checksum(streams, lake, engine)

    record_snapshots(sales_insights, streams)
    deliver(lake, engine, recorded())

    assert without_the_past
    assert incomplete.versions[1] == KeyVersion(key="guest-order/2", version=None)
    assert queries.checksum(streams, lake, engine) == monoliths_checksum(streams)
    assert disagreements(lake, engine, periods=(MARCH,), streams=streams) == {}


def test_products_that_no_event_listed_come_by_snapshots(lake, engine):
    for code, price in (("HEART", 200), ("JAR", 500)):
        a_product(code, price_pence=price)
    change_price(stock_code="JAR", price_pence=450, effective_at=later(days=1))
    not_delivered = len(recorded())
    today = Period(
        first_day=MARCH.first_day, until_day=datetime.now(UTC).date() + timedelta(days=1)
    )

    record_snapshots(sales_insights, ["product/HEART", "product/JAR"])
    deliver(lake, engine, recorded()[not_delivered:])

    said = queries.answer(Report.over(today, "products_as_of"), lake, engine)
    from_tables = {row.stock_code: row.price_pence for row in list_products_as_of(today.end)}
    assert {
        row["stock_code"]: row["price_pence"] for row in said.rows_of("products_as_of")
    } == from_tables
    assert from_tables == {"HEART": 200, "JAR": 450}


def test_price_changes_that_no_event_told_come_by_snapshots(lake, engine):
    changed_at = later(days=9)
    heart = LegacyProduct(
        stock_code="HEART",
        description="WHITE HANGING HEART",
        listed_at=OPENED,
        prices=((OPENED, 255), (changed_at, 295)),
        quantity=100,
    )
    load_products([heart])
    for days in (-1, 1):
        operations.place_order(
            lines=lines(("HEART", 2)),
            customer_id=None,
            delivery=delivery(),
            placed_at=changed_at + timedelta(days=days),
            idempotency_key=a_key(),
        )
    deliver(lake, engine, recorded())
    without_the_past = disagreements(lake, engine, periods=(MARCH,))

    record_snapshots(sales_insights, ["product/HEART"])
    deliver(lake, engine, recorded())

    assert {name for name, *_ in without_the_past} == {"price_effects"}
    assert disagreements(lake, engine, periods=(MARCH,), streams=["product/HEART"]) == {}
    assert queries.checksum(["product/HEART"], lake, engine) == monoliths_checksum(
        ["product/HEART"]
    )


def test_lost_event_is_seen_as_a_disagreement(lake, engine):
    trader = Trader(3)
    trader.trade(60)
    events = recorded()
    lost = next(
        each
        for each in events
        if each.event_type == "ordering.order_placed.v1" and each.occurred_at >= MARCH.start
    )

    deliver(lake, engine, [each for each in events if each is not lost])

    assert {name for name, *_ in disagreements(lake, engine, periods=(MARCH,))} >= {
        "takings_by_day",
        "takings_by_country",
    }


def test_sample_reports_are_about_days_with_trade():
    trader = Trader(5)
    trader.trade(60)

    about = [
        each for each in sales_insights.sample_queries(40) if each.questions == ("takings_by_day",)
    ]

    answered = [bool(sales_insights.ask_monolith(report).said[0].rows) for report in about]
    assert answered.count(True) >= 0.9 * len(about)


def test_sample_reports_have_every_shape_and_are_about_no_stream():
    reports = list(sales_insights.sample_queries(5))

    shapes = [sales_insights.shape_of(report) for report in reports]
    assert {*shapes} == {*sales_insights.shapes} == {*ASKED}
    assert len(reports) == 5 * len({*shapes})
    assert all(report.period.day_count in {1, 7, 28, 90} for report in reports)
    assert not {*ASKED} & {*ABOUT_STREAMS.values()}


def test_reports_asked_together_are_answered_as_each_alone(lake, engine):
    trader = Trader(11)
    trader.trade(60)
    deliver(lake, engine, recorded())
    reports = [Report.over(MARCH, question) for question in ASKED]
    together = sales_insights.together
    assert together is not None

    request = together.request(reports)
    asked = queries.read_report(request.path.rpartition("/")[2], request.parameters)
    answers = together.parts(queries.answer(asked, lake, engine))

    assert answers == [queries.answer(report, lake, engine) for report in reports]
    assert not any(
        sales_insights.compare(sales_insights.ask_monolith(report), answer)
        for report, answer in zip(reports, answers, strict=True)
    )


def test_wrong_row_of_a_report_is_found_at_its_question(lake, engine):
    trader = Trader(11)
    trader.trade(60)
    events = recorded()
    lost = next(each for each in events if each.event_type == "ordering.order_dispatched.v1")
    deliver(lake, engine, [each for each in events if each is not lost])
    page = Report.over(MARCH, *ASKED)

    found = sales_insights.compare(
        sales_insights.ask_monolith(page), queries.answer(page, lake, engine)
    )

    assert {re.split(r"\W", difference.place)[0] for difference in found} == {"dispatch_times"}
