from __future__ import annotations

from functools import partial
from threading import Thread
from uuid import UUID

import pytest
from django.db import connection, transaction

from infra.local.waiting import wait_until
from monolith.catalogue.models import StockLevel
from monolith.catalogue.operations import adjust_stock
from monolith.ordering import operations, queries
from monolith.ordering.models import CreditNote, Order
from tests.factories import (
    NOON,
    a_customer,
    a_dispatched_order,
    a_product,
    an_order,
    delivery,
    later,
    lines,
    recorded,
    stock_of,
)
from tests.monolith.ordering.together import together

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = UUID("6f0e9a3c-8a51-4dd6-9e4b-2d8f7f4f9a10")


def placing(wanted, key, customer_id=None):
    return partial(
        operations.place_order,
        lines=lines(*wanted),
        customer_id=customer_id,
        delivery=delivery(),
        placed_at=NOON,
        idempotency_key=key,
    )


def test_competing_orders_never_sell_more_than_there_is():
    a_product("JAR", quantity=5)

    outcomes = together(*(placing([("JAR", 2)], f"order {n}") for n in range(6)))

    assert (
        sorted(type(outcome).__name__ for outcome in outcomes) == ["Order"] * 2 + ["OutOfStock"] * 4
    )
    assert stock_of("JAR") == 1
    assert Order.objects.count() == 2


def test_orders_of_the_same_products_in_opposite_order_do_not_deadlock():
    codes = ["A", "B", "C", "D"]
    for code in codes:
        a_product(code, quantity=10_000)
    customers = [a_customer().pk, a_customer().pk]

    def place_many(name, wanted):
        for n in range(25):
            placing(wanted, f"{name} {n}", customers[n % 2])()

    forwards = [(code, 1) for code in codes]
    outcomes = together(
        partial(place_many, "a", forwards),
        partial(place_many, "b", forwards[::-1]),
        partial(place_many, "c", forwards[2:] + forwards[:2]),
        partial(place_many, "d", forwards[::-1]),
    )

    assert outcomes == [None] * 4
    assert [stock_of(code) for code in codes] == [9_900] * 4


def test_stock_is_locked_by_product_id_whatever_the_order_of_the_lines():
    first, last = a_product("FIRST"), a_product("LAST")
    wanted = partial(together, placing([("LAST", 1), ("FIRST", 1)], "order"))
    outcomes = []
    order = Thread(target=lambda: outcomes.extend(wanted()))

    with transaction.atomic():
        StockLevel.objects.select_for_update().get(pk=last.pk)
        order.start()
        wait_until(is_somebody_waiting_for_us, "the order to wait for LAST")
        free = StockLevel.objects.select_for_update(skip_locked=True).filter(pk=first.pk)
        is_first_held_already = not free.exists()
    order.join()

    assert is_first_held_already
    assert isinstance(outcomes[0], Order)


def is_somebody_waiting_for_us():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0] > 0


def test_same_request_twice_at_once_makes_one_order():
    a_product("JAR", quantity=10)

    outcomes = together(*[placing([("JAR", 1)], "same key")] * 4)

    assert len({order.number for order in outcomes}) == 1
    assert stock_of("JAR") == 9
    assert [event.event_type for event in recorded()].count("ordering.order_placed.v1") == 1


def test_one_key_for_different_requests_at_once_makes_one_order():
    a_product("JAR", quantity=10)

    outcomes = together(*(placing([("JAR", n)], "same key") for n in (1, 2, 3)))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "IdempotencyKeyReused",
        "IdempotencyKeyReused",
        "Order",
    ]


def checking_out(key):
    return partial(
        operations.check_out,
        basket_token=TOKEN,
        customer_id=None,
        delivery=delivery(),
        placed_at=NOON,
        idempotency_key=key,
    )


def adding_a_jar():
    return operations.add_to_basket(
        basket_token=TOKEN, customer_id=None, stock_code="JAR", quantity=1, added_at=NOON
    )


def test_basket_checked_out_in_two_tabs_at_once_makes_one_order():
    a_product("JAR", quantity=10)
    adding_a_jar()

    outcomes = together(checking_out("first tab"), checking_out("second tab"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BasketEmpty", "Order"]
    assert stock_of("JAR") == 9


def test_check_out_sent_twice_at_once_answers_both_with_the_same_order():
    a_product("JAR", quantity=10)
    adding_a_jar()

    outcomes = together(checking_out("same form"), checking_out("same form"))

    assert outcomes[0].number == outcomes[1].number
    assert stock_of("JAR") == 9


def test_products_added_at_once_add_up():
    a_product("JAR")

    together(*[adding_a_jar] * 4)

    assert queries.get_basket(TOKEN).item_count == 4


def test_goods_sent_back_at_once_never_exceed_the_order():
    a_product("JAR", quantity=5)
    order = a_dispatched_order(("JAR", 5))

    def returning(key):
        return partial(
            operations.return_items,
            order_number=order.number,
            lines=[operations.ReturnRequest(stock_code="JAR", quantity=2)],
            returned_at=later(days=1),
            idempotency_key=key,
        )

    outcomes = together(*(returning(f"return {n}") for n in range(4)))

    assert (
        sorted(type(outcome).__name__ for outcome in outcomes)
        == ["CreditNote"] * 2 + ["ReturnExceedsOrder"] * 2
    )
    assert stock_of("JAR") == 4
    assert CreditNote.objects.count() == 2


def test_order_is_dispatched_or_cancelled_but_not_both():
    a_product("JAR", quantity=5)
    order = an_order(("JAR", 5))

    outcomes = together(
        partial(operations.dispatch_order, order_number=order.number, dispatched_at=NOON),
        partial(operations.cancel_order, order_number=order.number, cancelled_at=NOON, reason=""),
    )

    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 1
    status = queries.get_order(order.number).status
    assert stock_of("JAR") == {"dispatched": 0, "cancelled": 5}[status]


def test_crossings_of_zero_alternate_however_stock_moves():
    a_product("JAR", quantity=1)

    def sell_and_restock(name):
        for n in range(10):
            adjust_stock(stock_code="JAR", change=1, reason="found", adjusted_at=NOON)
            placing([("JAR", 1)], f"{name} {n}")()

    together(partial(sell_and_restock, "a"), partial(sell_and_restock, "b"))
    placing([("JAR", 1)], "the last")()

    crossings = [event.event_type for event in recorded() if event.stream == "product/JAR"][1:]
    assert crossings == ["catalogue.product_sold_out.v1"] + [
        "catalogue.product_became_available.v1",
        "catalogue.product_sold_out.v1",
    ] * (len(crossings) // 2)
