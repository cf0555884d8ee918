from __future__ import annotations

from datetime import date, timedelta

import pytest

from event_contracts.sales_insights import (
    MOST_HOURS,
    Cohort,
    DispatchTime,
    Period,
    PriceEffect,
    ProductAsOf,
    Takings,
)
from monolith.catalogue.operations import change_price
from monolith.insights import queries
from tests.factories import OPENED, a_customer, a_product
from tests.monolith.insights.trade import dispatch, march, order, three_days_of_trade

pytestmark = pytest.mark.django_db

THREE_DAYS = Period(first_day=date(2025, 3, 10), until_day=date(2025, 3, 13))


def later_by(days):
    return march(10) + timedelta(days=days)


def takings(name, orders, placed, cancelled=0, refunded=0):
    return Takings(
        name=name,
        orders=orders,
        placed_pence=placed,
        cancelled_pence=cancelled,
        refunded_pence=refunded,
    )


def test_everything_is_booked_on_the_day_on_which_it_happened():
    three_days_of_trade()

    assert queries.list_takings_by_day(THREE_DAYS) == [
        takings("2025-03-10", 2, 2 * 200 + 500 + 3 * 500),
        takings("2025-03-11", 1, 250, cancelled=1500),
        takings("2025-03-12", 1, 4 * 250, refunded=200),
    ]


def test_countries_are_ranked_by_what_is_left():
    three_days_of_trade()

    assert queries.list_takings_by_country(THREE_DAYS) == [
        takings("United Kingdom", 3, 900 + 250 + 1000, refunded=200),
        takings("France", 1, 1500, cancelled=1500),
    ]


def test_products_are_ranked_and_an_order_counts_under_each_of_its_products():
    three_days_of_trade()

    assert queries.list_takings_by_product(THREE_DAYS) == [
        takings("HEART", 3, 400 + 250 + 1000, refunded=200),
        takings("JAR", 2, 500 + 1500, cancelled=1500),
    ]


def test_what_happens_later_changes_nothing_of_days_that_are_over():
    three_days_of_trade()
    before = queries.list_takings_by_day(THREE_DAYS)

    change_price(stock_code="JAR", price_pence=1, effective_at=march(14))
    late = order(("JAR", 1), at=march(14))
    dispatch(late, at=march(15))

    assert queries.list_takings_by_day(THREE_DAYS) == before


def test_cohorts_follow_customers_from_their_first_month():
    a_product("JAR")
    alice, berta = a_customer("Alice"), a_customer("Berta")
    order(("JAR", 1), at=march(10), customer=alice)
    order(("JAR", 1), at=march(11), customer=berta)
    order(("JAR", 1), at=march(11).replace(month=4), customer=alice)
    order(("JAR", 1), at=march(11).replace(year=2026, month=1), customer=berta)
    order(("JAR", 1), at=march(12))

    period = Period(first_day=date(2025, 3, 1), until_day=date(2026, 2, 1))

    assert queries.list_cohorts(period) == [
        Cohort(month="2025-03", months_later=0, customers=2),
        Cohort(month="2025-03", months_later=1, customers=1),
        Cohort(month="2025-03", months_later=10, customers=1),
    ]


def test_customer_who_began_before_the_period_belongs_to_no_cohort_of_it():
    a_product("JAR")
    alice = a_customer("Alice")
    order(("JAR", 1), at=march(1), customer=alice)
    order(("JAR", 1), at=march(1).replace(month=4), customer=alice)

    assert (
        queries.list_cohorts(Period(first_day=date(2025, 4, 1), until_day=date(2025, 5, 1))) == []
    )


def test_change_of_price_stands_between_the_sales_before_and_after_it():
    three_days_of_trade()
    order(("HEART", 50), at=march(26))

    assert queries.list_price_effects(
        Period(first_day=date(2025, 3, 10), until_day=date(2025, 4, 1))
    ) == [
        PriceEffect(
            stock_code="HEART",
            changed_at=march(11),
            old_price_pence=200,
            new_price_pence=250,
            pieces_before=2,
            pieces_after=5,
        )
    ]


def test_effect_of_a_change_ends_with_the_period():
    three_days_of_trade()
    until_noon = Period(first_day=date(2025, 3, 10), until_day=date(2025, 3, 12))

    assert [each.pieces_after for each in queries.list_price_effects(until_noon)] == [1]


def test_parcels_are_counted_by_the_whole_hours_that_they_took():
    three_days_of_trade()
    slow = order(("JAR", 1), at=march(1))
    dispatch(slow, at=march(12))

    assert queries.list_dispatch_times(THREE_DAYS) == [
        DispatchTime(hours=26, parcels=1),
        DispatchTime(hours=MOST_HOURS, parcels=1),
    ]


def test_tables_tell_the_price_of_an_instant_and_admit_that_they_do_not_know_the_stock():
    a_product("HEART", price_pence=200, description="HEART")
    change_price(stock_code="HEART", price_pence=250, effective_at=march(11))

    known = [
        [row.price_pence for row in queries.list_products_as_of(at)]
        for at in (OPENED, march(11), march(11, 12, 1))
    ]

    assert known == [[], [200], [250]]
    assert queries.list_products_as_of(march(12), stock_code="HEART") == [
        ProductAsOf(stock_code="HEART", description="HEART", price_pence=250, is_available=None)
    ]
    assert queries.list_products_as_of(march(12), stock_code="NONE") == []


@pytest.mark.parametrize(
    ("first", "until"),
    [
        (date(2025, 3, 10), date(2025, 3, 10)),
        (date(2025, 3, 10), date(2025, 3, 9)),
        (date(1900, 1, 1), date(2025, 1, 1)),
    ],
)
def test_period_without_days_or_with_far_too_many_is_refused(first, until):
    with pytest.raises(ValueError, match="a period has 1 to 36600 days"):
        Period(first_day=first, until_day=until)


@pytest.mark.parametrize(
    ("placed", "today", "over"),
    [
        ([march(10), march(12)], date(2025, 3, 13), date(2025, 3, 13)),
        ([march(10), march(12)], date(2025, 4, 1), date(2025, 4, 1)),
        ([march(10), march(12)], date(2026, 3, 1), date(2025, 3, 11)),
        ([march(10), march(12), later_by(300)], date(2026, 3, 1), date(2025, 3, 11)),
        ([march(10), later_by(300), later_by(301)], date(2026, 3, 1), date(2026, 3, 1)),
    ],
    ids=["of-yesterday", "of-last-month", "of-long-ago", "one-since", "more-since"],
)
def test_days_of_trade_that_are_over(placed, today, over):
    a_product("HEART")
    for at in placed:
        order(("HEART", 1), at=at)

    assert queries.find_days_of_trade(today, recent_days=90) == (date(2025, 3, 10), over)


def test_shop_without_orders_has_no_days_of_trade():
    today = date(2025, 3, 12)

    assert queries.find_days_of_trade(today, recent_days=90) == (today, today)
