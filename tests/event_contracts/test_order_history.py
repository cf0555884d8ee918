from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.order_history import Cursor, OrderSummary

AT = datetime(2011, 8, 1, 9, 30, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)), st.text(min_size=1))
def test_cursor_survives_its_text(placed_at, order_number):
    cursor = Cursor(placed_at, order_number)

    assert Cursor.parse(str(cursor)) == cursor


def test_cursor_text_is_the_instant_in_utc_and_the_order_number():
    in_paris = AT.astimezone(timezone(timedelta(hours=2)))

    assert str(Cursor(in_paris, "B100001")) == "2011-08-01T09:30:00+00:00~B100001"


def test_cursor_of_a_row_is_its_place():
    order = OrderSummary(
        order_number="B100001", placed_at=AT, status="placed", item_count=1, total_pence=100
    )

    assert Cursor.at(order) == Cursor(AT, "B100001")


@pytest.mark.parametrize(
    "text", ["", "~", "2011-08-01T09:30:00~B1", "2011-08-01T09:30:00+00:00", "2011~", "x~B1"]
)
def test_other_text_is_no_cursor(text):
    with pytest.raises(ValueError, match=r"not a cursor|Invalid isoformat"):
        Cursor.parse(text)
