from __future__ import annotations

from uuid import UUID

import pytest

from monolith.catalogue.operations import change_price
from monolith.ordering import operations, queries
from monolith.ordering.models import Basket, Order
from tests.factories import (
    NOON,
    a_customer,
    a_product,
    an_order,
    delivery,
    later,
    recorded_types,
    stock_of,
)

pytestmark = pytest.mark.django_db

TOKEN = UUID("6f0e9a3c-8a51-4dd6-9e4b-2d8f7f4f9a10")


@pytest.fixture(autouse=True)
def _shelf():
    a_product("HEART", price_pence=255, quantity=10)
    a_product("JAR", price_pence=425, quantity=2)


def add(stock_code, quantity, **changes):
    where = {"basket_token": TOKEN, "customer_id": None, "added_at": NOON, **changes}
    return operations.add_to_basket(stock_code=stock_code, quantity=quantity, **where)


def set_quantity(stock_code, quantity):
    operations.set_basket_quantity(
        basket_token=TOKEN, stock_code=stock_code, quantity=quantity, changed_at=NOON
    )


def check_out(**changes):
    given = {
        "basket_token": TOKEN,
        "customer_id": None,
        "delivery": delivery(),
        "placed_at": NOON,
        "idempotency_key": "check-out",
    }
    return operations.check_out(**{**given, **changes})


def contents():
    return [(item.stock_code, item.quantity) for item in queries.get_basket(TOKEN).items]


def test_basket_that_nobody_used_is_empty():
    basket = queries.get_basket(TOKEN)

    assert (basket.items, basket.item_count, basket.total_pence) == ((), 0, 0)


def test_same_product_added_again_adds_up():
    add("heart", 1)
    add("JAR", 1)
    add("HEART", 2)

    assert contents() == [("HEART", 3), ("JAR", 1)]


def test_basket_shows_todays_prices_and_what_is_short():
    add("HEART", 2)
    add("JAR", 3)
    change_price(stock_code="HEART", price_pence=295, effective_at=later(days=1))

    basket = queries.get_basket(TOKEN)

    assert (basket.item_count, basket.total_pence) == (5, 2 * 295 + 3 * 425)
    assert [item.is_available for item in basket.items] == [True, False]
    assert basket.is_available is False


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_quantity_that_nobody_can_mean_is_refused(quantity):
    with pytest.raises(operations.InvalidQuantity):
        add("HEART", quantity)

    assert contents() == []


def test_quantities_cannot_add_up_to_nonsense():
    add("HEART", 1_000_000)

    with pytest.raises(operations.InvalidQuantity):
        add("HEART", 1)

    assert contents() == [("HEART", 1_000_000)]


def test_unknown_product_cannot_be_added():
    with pytest.raises(operations.ProductNotFound):
        add("NONE", 1)

    assert not Basket.objects.exists()


def test_basket_belongs_to_whoever_signs_in():
    customer = a_customer()
    add("HEART", 1)

    add("HEART", 1, customer_id=customer.pk)
    add("HEART", 1)

    assert Basket.objects.get().customer_id == customer.pk


def test_quantity_can_be_set_and_a_line_taken_out():
    add("HEART", 1)
    add("JAR", 1)

    set_quantity("heart", 5)
    set_quantity("JAR", 0)
    set_quantity("JAR", 0)

    assert contents() == [("HEART", 5)]


def test_quantity_of_what_is_not_there_cannot_be_set():
    with pytest.raises(operations.ProductNotInBasket):
        set_quantity("HEART", 1)


def test_quantity_cannot_be_set_to_nonsense():
    add("HEART", 1)

    with pytest.raises(operations.InvalidQuantity):
        set_quantity("HEART", -1)

    assert contents() == [("HEART", 1)]


def test_checking_out_orders_what_is_in_the_basket_and_empties_it():
    customer = a_customer()
    add("HEART", 2)
    add("JAR", 1)

    order = check_out(customer_id=customer.pk)

    detail = queries.get_order(order.number)
    assert [(line.stock_code, line.quantity) for line in detail.lines] == [("HEART", 2), ("JAR", 1)]
    assert detail.customer_id == customer.pk
    assert contents() == []


@pytest.mark.parametrize("is_used", [True, False])
def test_empty_basket_cannot_be_checked_out(is_used):
    if is_used:
        add("HEART", 1)
        set_quantity("HEART", 0)

    with pytest.raises(operations.BasketEmpty):
        check_out()


def test_basket_stays_as_it_is_when_the_order_is_refused():
    add("HEART", 1)
    add("JAR", 3)
    before = recorded_types()

    with pytest.raises(operations.OutOfStock):
        check_out()

    assert contents() == [("HEART", 1), ("JAR", 3)]
    assert stock_of("HEART") == 10
    assert recorded_types() == before


def test_check_out_sent_twice_makes_one_order():
    add("HEART", 1)
    first = check_out()

    again = check_out(placed_at=later(minutes=1))

    assert again.number == first.number
    assert Order.objects.count() == 1


def test_check_out_of_another_basket_with_an_old_key_is_refused():
    add("HEART", 1)
    check_out()
    add("JAR", 1)

    with pytest.raises(operations.IdempotencyKeyReused):
        check_out()

    assert contents() == [("JAR", 1)]


def test_old_form_sent_again_does_not_empty_a_basket_filled_since():
    add("HEART", 1)
    first = check_out()
    add("HEART", 1)

    assert check_out().number == first.number
    assert contents() == [("HEART", 1)]


def test_key_does_not_show_an_order_of_somebody_else():
    an_order(("HEART", 1), customer=a_customer(), key="check-out")

    with pytest.raises(operations.IdempotencyKeyReused):
        check_out()
