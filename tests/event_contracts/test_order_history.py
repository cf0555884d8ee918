from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.order_history import Cursor, ListedOrder, OrderHistoryPage, OrderSummary
from event_contracts.plain_values import MalformedValue, from_plain, to_plain

AT = datetime(2011, 8, 1, 9, 30, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)), st.text(min_size=1))
def test_cursor_survives_its_text(placed_at, order_number):
    cursor = Cursor(placed_at, order_number)

    assert Cursor.parse(str(cursor)) == cursor


def test_cursor_text_is_the_instant_in_utc_and_the_order_number():
    in_paris = AT.astimezone(timezone(timedelta(hours=2)))

    assert str(Cursor(in_paris, "B100001")) == "2011-08-01T09:30:00+00:00~B100001"


ORDER = OrderSummary(
    order_number="B100001",
    placed_at=AT,
    status="placed",
    item_count=1,
    total_pence=100,
    returned_pence=3,
)


def test_cursor_of_a_row_is_its_place():
    assert Cursor.at(ORDER) == Cursor(AT, "B100001")


def test_row_of_an_answer_says_whose_it_is_and_events_do_not():
    listed = ListedOrder.of(ORDER, customer_id=17850)

    assert to_plain(listed) == to_plain(ORDER) | {"customer_id": 17850}
    assert listed.without_owner() == ORDER


def test_answer_that_does_not_say_whose_its_rows_are_is_refused():
    listed = ListedOrder.of(ORDER, customer_id=17850)
    page = to_plain(OrderHistoryPage(customer_id=17850, as_of=1, orders=(listed,), next=None))
    del page["orders"][0]["customer_id"]

    with pytest.raises(MalformedValue, match=r"orders\[0\]\.customer_id: missing"):
        from_plain(OrderHistoryPage, page)


@pytest.mark.parametrize(
    "text", ["", "~", "2011-08-01T09:30:00~B1", "2011-08-01T09:30:00+00:00", "2011~", "x~B1"]
)
def test_other_text_is_no_cursor(text):
    with pytest.raises(ValueError, match=r"not a cursor|Invalid isoformat"):
        Cursor.parse(text)
