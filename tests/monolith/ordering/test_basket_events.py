"""What a basket went through is told by its events alone: its row holds what is in it now."""

from __future__ import annotations

from uuid import UUID

import pytest

from event_contracts.ordering import (
    BasketCheckedOut,
    BasketLineAdded,
    BasketLineChanged,
    BasketLineRemoved,
)
from event_contracts.streams import BASKET, stream_kind
from monolith.ordering import operations
from monolith.ordering.models import Basket
from tests.factories import NOON, a_customer, a_key, a_product, delivery, later, recorded

pytestmark = pytest.mark.django_db

TOKEN = UUID("6f0e9a3c-8a51-4dd6-9e4b-2d8f7f4f9a10")


@pytest.fixture(autouse=True)
def _shelf():
    a_product("HEART", quantity=10)
    a_product("JAR", quantity=2)


def add(code, quantity, *, at=NOON, customer=None):
    operations.add_to_basket(
        basket_token=TOKEN,
        customer_id=customer.pk if customer else None,
        stock_code=code,
        quantity=quantity,
        added_at=at,
    )


def set_quantity(code, quantity, *, at=NOON):
    operations.set_basket_quantity(
        basket_token=TOKEN, stock_code=code, quantity=quantity, changed_at=at
    )


def check_out(*, customer=None, key=""):
    return operations.check_out(
        basket_token=TOKEN,
        customer_id=customer.pk if customer else None,
        delivery=delivery(),
        placed_at=later(hours=1),
        idempotency_key=key or a_key(),
    )


def basket_events():
    return [each for each in recorded() if stream_kind(each.stream) == BASKET]


def facts():
    return [envelope.data for envelope in basket_events()]


def test_everything_that_happens_to_a_basket_is_told_in_its_own_stream():
    alice = a_customer()
    add("heart", 2)
    add("HEART", 1, at=later(minutes=1), customer=alice)
    add("JAR", 1, at=later(minutes=2))
    set_quantity("heart", 5, at=later(minutes=3))
    set_quantity("JAR", 0, at=later(minutes=4))

    order = check_out(customer=alice)

    basket = Basket.objects.get().pk
    assert facts() == [
        BasketLineAdded(
            basket_id=basket,
            customer_id=None,
            stock_code="HEART",
            added_quantity=2,
            quantity=2,
            added_at=NOON,
        ),
        BasketLineAdded(
            basket_id=basket,
            customer_id=alice.pk,
            stock_code="HEART",
            added_quantity=1,
            quantity=3,
            added_at=later(minutes=1),
        ),
        BasketLineAdded(
            basket_id=basket,
            customer_id=alice.pk,
            stock_code="JAR",
            added_quantity=1,
            quantity=1,
            added_at=later(minutes=2),
        ),
        BasketLineChanged(
            basket_id=basket,
            customer_id=alice.pk,
            stock_code="HEART",
            old_quantity=3,
            new_quantity=5,
            changed_at=later(minutes=3),
        ),
        BasketLineRemoved(
            basket_id=basket,
            customer_id=alice.pk,
            stock_code="JAR",
            removed_quantity=1,
            removed_at=later(minutes=4),
        ),
        BasketCheckedOut(
            basket_id=basket,
            customer_id=alice.pk,
            order_number=order.number,
            line_count=1,
            item_count=5,
            checked_out_at=later(hours=1),
        ),
    ]
    assert [(each.stream, each.version) for each in basket_events()] == [
        (f"basket/{basket}", version) for version in range(1, 7)
    ]


def test_token_of_a_basket_is_in_none_of_its_events():
    add("HEART", 1)
    set_quantity("HEART", 2)
    check_out()

    assert all(str(TOKEN) not in repr(each) for each in recorded())


def test_what_is_so_already_is_no_fact():
    add("HEART", 2)
    before = facts()

    set_quantity("HEART", 2)
    set_quantity("JAR", 0)

    assert facts() == before


@pytest.mark.parametrize(
    ("refused", "step"),
    [
        (operations.InvalidQuantity, lambda: add("HEART", 0)),
        (operations.ProductNotFound, lambda: add("NONE", 1)),
        (operations.ProductNotInBasket, lambda: set_quantity("JAR", 1)),
        (operations.OutOfStock, check_out),
    ],
)
def test_refused_step_leaves_no_event(refused, step):
    add("HEART", 11)
    before = recorded()

    with pytest.raises(refused):
        step()

    assert recorded() == before


def test_check_out_sent_twice_is_one_fact():
    add("HEART", 1)
    first = check_out(key="once")

    assert check_out(key="once").number == first.number
    assert [type(fact).__name__ for fact in facts()] == ["BasketLineAdded", "BasketCheckedOut"]


def test_basket_filled_anew_goes_on_in_its_stream():
    add("HEART", 1)
    check_out()
    add("HEART", 1)

    assert [each.version for each in basket_events()] == [1, 2, 3]


def test_order_and_the_end_of_its_basket_are_told_by_one_transaction():
    add("HEART", 1)
    order = check_out()

    told = {each.stream for each in recorded() if each.occurred_at == later(hours=1)}

    assert told == {f"basket/{Basket.objects.get().pk}", f"guest-order/{order.number}"}
