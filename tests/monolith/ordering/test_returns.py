from __future__ import annotations

import pytest

from event_contracts.ordering import ItemsReturned, ReturnedLine
from monolith.ordering import operations, queries
from monolith.ordering.models import CreditNote
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


@pytest.fixture
def order():
    a_product("HEART", price_pence=255, quantity=10)
    a_product("JAR", price_pence=425, quantity=2)
    return a_dispatched_order(("HEART", 4), ("JAR", 2), ("HEART", 3), customer=a_customer())


def send_back(order, *wanted, key="return"):
    return operations.return_items(
        order_number=order.number,
        lines=[
            operations.ReturnRequest(stock_code=code, quantity=quantity)
            for code, quantity in wanted
        ],
        returned_at=later(days=3),
        idempotency_key=key,
    )


def test_returned_goods_are_refunded_at_the_price_paid(order):
    note = send_back(order, ("JAR", 1))

    assert recorded()[-2].stream == f"customer/{order.customer_id}"
    assert recorded()[-2].data == ItemsReturned(
        order_number=order.number,
        customer_id=order.customer_id,
        placed_at=NOON,
        credit_note_number=note.number,
        returned_at=later(days=3),
        lines=(ReturnedLine(stock_code="JAR", quantity=1, refund_pence=425, position=2),),
        refund_pence=425,
        order_returned_pence=425,
    )


def test_returned_goods_are_on_the_shelf_again(order):
    send_back(order, ("JAR", 1), ("HEART", 2))

    assert (stock_of("JAR"), stock_of("HEART")) == (1, 5)
    assert recorded_types()[-1] == "catalogue.product_became_available.v1"


def test_return_spreads_over_the_lines_that_name_the_product(order):
    send_back(order, ("heart", 2), ("HEART", 3))

    returned = [line.returned_quantity for line in queries.get_order(order.number).lines]
    assert returned == [4, 0, 1]
    assert recorded()[-1].data.lines == (
        ReturnedLine(stock_code="HEART", quantity=4, refund_pence=1020, position=1),
        ReturnedLine(stock_code="HEART", quantity=1, refund_pence=255, position=3),
    )


def test_event_carries_all_refunds_of_the_order_so_far(order):
    send_back(order, ("HEART", 5), key="first")
    send_back(order, ("HEART", 2), key="second")

    last = recorded()[-1].data
    assert (last.refund_pence, last.order_returned_pence) == (2 * 255, 7 * 255)
    detail = queries.get_order(order.number)
    assert detail.returned_pence == 7 * 255
    assert [(note.item_count, note.refund_pence) for note in detail.credit_notes] == [
        (5, 1275),
        (2, 510),
    ]


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ([], operations.EmptyReturn),
        ([("JAR", 0)], operations.InvalidQuantity),
        ([("JAR", 3)], operations.ReturnExceedsOrder),
        ([("HEART", 4), ("HEART", 4)], operations.ReturnExceedsOrder),
        ([("HEART", 1), ("NONE", 1)], operations.ReturnExceedsOrder),
    ],
)
def test_rejected_return_leaves_no_trace(order, wanted, error):
    before = (queries.get_order(order.number), recorded_types(), stock_of("HEART"))

    with pytest.raises(error):
        send_back(order, *wanted)

    assert (queries.get_order(order.number), recorded_types(), stock_of("HEART")) == before


def test_nothing_comes_back_twice(order):
    send_back(order, ("JAR", 2), key="first")

    with pytest.raises(operations.ReturnExceedsOrder, match="0 of JAR can come back, not 1"):
        send_back(order, ("JAR", 1), key="second")

    assert stock_of("JAR") == 2


def test_nothing_comes_back_of_a_parcel_that_never_left():
    order = an_order()

    with pytest.raises(operations.OrderNotDispatched):
        send_back(order, ("T1", 1))


def test_return_for_an_unknown_order_is_refused():
    with pytest.raises(operations.OrderNotFound):
        operations.return_items(
            order_number="B1",
            lines=[operations.ReturnRequest(stock_code="JAR", quantity=1)],
            returned_at=NOON,
            idempotency_key="return",
        )


def test_same_return_again_gives_the_first_credit_note(order):
    first = send_back(order, ("JAR", 1))
    before = recorded_types()

    again = send_back(order, ("JAR", 1))

    assert again.number == first.number
    assert CreditNote.objects.count() == 1
    assert recorded_types() == before


def test_key_of_another_return_is_refused(order):
    send_back(order, ("JAR", 1))

    with pytest.raises(operations.IdempotencyKeyReused):
        send_back(order, ("JAR", 2))
