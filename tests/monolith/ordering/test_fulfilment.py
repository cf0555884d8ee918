from __future__ import annotations

import pytest

from event_contracts.ordering import OrderCancelled, OrderDispatched
from monolith.ordering import operations, queries
from tests.factories import (
    NOON,
    a_customer,
    a_dispatched_order,
    a_product,
    an_order,
    later,
    recorded,
    recorded_types,
    stock_of,
)

pytestmark = pytest.mark.django_db


def dispatch(order):
    return operations.dispatch_order(order_number=order.number, dispatched_at=later(hours=4))


def cancel(order):
    return operations.cancel_order(
        order_number=order.number, cancelled_at=later(hours=1), reason="changed my mind"
    )


def test_dispatched_order_is_recorded_in_the_customers_stream():
    customer = a_customer()
    order = an_order(customer=customer)

    dispatch(order)

    assert recorded()[-1].stream == f"customer/{customer.pk}"
    assert recorded()[-1].data == OrderDispatched(
        order_number=order.number,
        customer_id=customer.pk,
        placed_at=NOON,
        dispatched_at=later(hours=4),
    )


def test_status_history_tells_when_the_parcel_left():
    order = a_dispatched_order()

    history = queries.get_order(order.number).history
    assert [(change.status, change.at) for change in history] == [
        ("placed", NOON),
        ("dispatched", later(hours=4)),
    ]


def test_cancelled_order_says_why_and_gives_its_goods_back():
    a_product("JAR", quantity=5)
    order = an_order(("JAR", 2), ("JAR", 1))

    cancel(order)

    detail = queries.get_order(order.number)
    assert (detail.status, detail.cancel_reason) == ("cancelled", "changed my mind")
    assert [change.status for change in detail.history] == ["placed", "cancelled"]
    assert stock_of("JAR") == 5
    assert recorded()[-1].data == OrderCancelled(
        order_number=order.number,
        customer_id=None,
        placed_at=NOON,
        cancelled_at=later(hours=1),
        reason="changed my mind",
    )


def test_cancelling_the_order_of_the_last_piece_makes_it_available_again():
    a_product("JAR", quantity=2)
    order = an_order(("JAR", 2))

    cancel(order)

    assert recorded_types()[-2:] == [
        "ordering.order_cancelled.v1",
        "catalogue.product_became_available.v1",
    ]


@pytest.mark.parametrize(
    ("first", "second", "error"),
    [
        (dispatch, dispatch, operations.OrderAlreadyDispatched),
        (dispatch, cancel, operations.OrderAlreadyDispatched),
        (cancel, cancel, operations.OrderAlreadyCancelled),
        (cancel, dispatch, operations.OrderAlreadyCancelled),
    ],
)
def test_order_is_closed_once(first, second, error):
    a_product("JAR", quantity=5)
    order = an_order(("JAR", 2))
    first(order)
    before = (queries.get_order(order.number), stock_of("JAR"), recorded_types())

    with pytest.raises(error, match=order.number):
        second(order)

    assert (queries.get_order(order.number), stock_of("JAR"), recorded_types()) == before


@pytest.mark.parametrize("number", ["B1", "", "B\x001"])
def test_unknown_order_is_not_found(number):
    with pytest.raises(operations.OrderNotFound):
        operations.dispatch_order(order_number=number, dispatched_at=NOON)
    with pytest.raises(operations.OrderNotFound):
        operations.cancel_order(order_number=number, cancelled_at=NOON, reason="")
    with pytest.raises(operations.OrderNotFound):
        queries.get_order(number)
