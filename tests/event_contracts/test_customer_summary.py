from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.customer_summary import (
    FREQUENT_ORDERS,
    LARGE_PENCE,
    LONG_DAYS,
    RECENT_DAYS,
    SEGMENTS,
    Counted,
    CustomerSummary,
    CustomerSummaryQuery,
    Favourite,
    OrderMark,
    days_since,
    segment_of,
    summarise,
)
from event_contracts.plain_values import from_plain, to_plain

TODAY = date(2011, 8, 31)
QUERY = CustomerSummaryQuery(customer_id=17850, on=TODAY)


def an_order(days_ago):
    placed_at = datetime(2011, 8, 31, 12, tzinfo=UTC) - timedelta(days=days_ago)
    return OrderMark(order_number="B100001", placed_at=placed_at)


def counted(days_ago, orders, pence):
    return Counted(order_count=orders, ordered_pence=pence, last_order=an_order(days_ago))


@pytest.mark.parametrize(
    ("days_ago", "orders", "pence", "segment"),
    [
        (RECENT_DAYS, FREQUENT_ORDERS, LARGE_PENCE, "champion"),
        (RECENT_DAYS + 1, FREQUENT_ORDERS, LARGE_PENCE, "loyal"),
        (RECENT_DAYS, FREQUENT_ORDERS, LARGE_PENCE - 1, "loyal"),
        (LONG_DAYS, FREQUENT_ORDERS, 0, "loyal"),
        (LONG_DAYS + 1, FREQUENT_ORDERS, 0, "at-risk"),
        (LONG_DAYS + 1, 1, LARGE_PENCE, "at-risk"),
        (LONG_DAYS + 1, FREQUENT_ORDERS - 1, LARGE_PENCE - 1, "lapsed"),
        (RECENT_DAYS, 1, 100, "new"),
        (RECENT_DAYS + 1, 1, 100, "regular"),
        (RECENT_DAYS, 2, 100, "regular"),
        (LONG_DAYS, FREQUENT_ORDERS - 1, LARGE_PENCE, "regular"),
    ],
)
def test_segment_goes_by_recency_frequency_and_money(days_ago, orders, pence, segment):
    assert segment_of(counted(days_ago, orders, pence), on=TODAY) == segment


def test_who_has_no_order_that_counts_is_a_prospect():
    assert segment_of(Counted(cancelled_count=3), on=TODAY) == "prospect"


def test_what_was_refunded_makes_nobody_a_large_customer():
    spent = Counted(
        order_count=4,
        ordered_pence=LARGE_PENCE,
        returned_pence=1,
        last_order=an_order(days_ago=0),
    )

    assert segment_of(spent, on=TODAY) == "loyal"


@given(st.integers(0, 400), st.integers(1, 9), st.integers(0, 500_000))
def test_everybody_has_a_segment(days_ago, orders, pence):
    assert segment_of(counted(days_ago, orders, pence), on=TODAY) in SEGMENTS


def test_days_are_those_of_utc_and_never_negative():
    just_after_midnight_in_paris = datetime(2011, 8, 31, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert days_since(just_after_midnight_in_paris, on=TODAY) == 1
    assert days_since(just_after_midnight_in_paris, on=date(2010, 1, 1)) == 0


def test_lifetime_and_share_of_returns_follow_from_what_was_counted():
    summary = summarise(
        QUERY, as_of=7, counted=Counted(order_count=1, ordered_pence=300, returned_pence=100)
    )

    assert (summary.lifetime_pence, summary.returns_basis_points) == (200, 3333)
    assert (summary.customer_id, summary.as_of) == (17850, 7)


def test_who_ordered_nothing_returned_nothing():
    assert summarise(QUERY, as_of=1, counted=Counted()).returns_basis_points == 0


def test_answer_survives_its_text():
    favourite = Favourite(stock_code="22423", description="REGENCY CAKESTAND 3 TIER", pieces=12)
    kept = Counted(
        order_count=1, first_order=an_order(3), last_order=an_order(0), favourites=(favourite,)
    )
    summary = summarise(QUERY, as_of=2, counted=kept)

    assert from_plain(CustomerSummary, to_plain(summary)) == summary


def test_question_survives_its_text():
    assert to_plain(QUERY) == {"customer_id": 17850, "on": "2011-08-31"}
    assert from_plain(CustomerSummaryQuery, to_plain(QUERY)) == QUERY
