from __future__ import annotations

import pytest
from django.utils import timezone

from monolith.catalogue.queries import CountedTrade
from monolith.ordering import operations
from monolith.ordering.queries import count_trade, trade_counts
from monolith.ordering.tasks import count_trade_of_past_days
from tests.factories import NOON, a_product, an_order, later, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    for code in ("HEART", "MUG", "JAR"):
        a_product(code)


def counted(until=None):
    return {each.stock_code: each for each in count_trade(until=until or later(days=1))}


def test_orders_are_counted_once_each_up_to_an_instant(shelf):
    an_order(("HEART", 5), ("MUG", 1), placed_at=NOON)
    an_order(("HEART", 1), placed_at=later(hours=1))
    an_order(("HEART", 1), placed_at=later(hours=2))

    found = counted(until=later(hours=2))

    assert {code: each.order_count for code, each in found.items()} == {"HEART": 2, "MUG": 1}


def test_cancelled_orders_do_not_count(shelf):
    order = an_order(("HEART", 5))
    operations.cancel_order(order_number=order.number, cancelled_at=NOON, reason="no")

    assert counted() == {}


def test_country_likes_what_most_of_its_orders_have(shelf, monkeypatch):
    monkeypatch.setattr(trade_counts, "MOST_POPULAR", 1)
    an_order(("MUG", 50))
    an_order(("HEART", 1), ("MUG", 1))
    an_order(("HEART", 1))
    an_order(("HEART", 1))

    found = counted()

    assert (found["HEART"].popular_in, found["MUG"].popular_in) == (("United Kingdom",), ())


def test_what_goes_with_a_product_is_in_three_orders_at_least_and_not_in_all_others(shelf):
    a_product("ALWAYS")
    a_product("TWICE")
    for number in range(3):
        an_order(("HEART", 1), ("MUG", 1), ("ALWAYS", 1), *([("TWICE", 1)] if number else []))
    for _ in range(5):
        an_order(("ALWAYS", 1))

    found = counted()

    assert found["HEART"].also_bought == ("MUG", "ALWAYS")
    assert found["TWICE"].also_bought == ()


def test_large_orders_say_nothing_about_what_goes_with_what(shelf, monkeypatch):
    monkeypatch.setattr(trade_counts, "LARGEST_BASKET", 1)
    for _ in range(3):
        an_order(("HEART", 1), ("MUG", 1))

    assert counted()["HEART"].also_bought == ()


def test_every_day_the_days_before_are_counted_and_told(shelf):
    an_order(("HEART", 1), placed_at=NOON)
    an_order(("MUG", 1), placed_at=timezone.now())

    count_trade_of_past_days()

    told = [each.data for each in recorded() if each.event_type.endswith("trade_counted.v1")]
    assert [each.stock_code for each in told] == ["HEART"]
    assert isinstance(counted()["HEART"], CountedTrade)
