from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from event_contracts.customer_summary import CustomerSummaryQuery, Favourite, OrderMark
from monolith.ordering import operations, queries
from monolith.ordering.queries import summary
from tests.factories import (
    NOON,
    a_customer,
    a_dispatched_order,
    a_key,
    a_product,
    an_order,
    later,
)

pytestmark = pytest.mark.django_db

ON = date(2025, 3, 2)


def ask(customer, on=ON):
    return queries.get_customer_summary(CustomerSummaryQuery(customer_id=customer.pk, on=on))


def give_back(order, *goods, at=None):
    operations.return_items(
        order_number=order.number,
        lines=[operations.ReturnRequest(stock_code=code, quantity=count) for code, count in goods],
        returned_at=at or later(days=1),
        idempotency_key=a_key(),
    )


def cancel(order):
    operations.cancel_order(
        order_number=order.number, cancelled_at=later(hours=9), reason="changed my mind"
    )


@pytest.fixture
def alice():
    a_product("HEART", price_pence=255, description="WHITE HANGING HEART")
    a_product("JAR", price_pence=400, description="JAM JAR")
    return a_customer()


def test_customer_without_orders_is_a_prospect(alice):
    answer = ask(alice)

    assert (answer.as_of, answer.order_count, answer.segment) == (1, 0, "prospect")
    assert (answer.first_order, answer.last_order, answer.favourites) == (None, None, ())


def test_customer_whom_nobody_recorded_has_version_zero():
    answer = queries.get_customer_summary(CustomerSummaryQuery(customer_id=7, on=ON))

    assert (answer.customer_id, answer.as_of, answer.lifetime_pence) == (7, 0, 0)


def test_orders_and_returns_are_added_up(alice):
    first = a_dispatched_order(("HEART", 2), ("JAR", 3), customer=alice)
    last = an_order(("JAR", 1), customer=alice, placed_at=later(hours=1))
    give_back(first, ("JAR", 1))
    give_back(first, ("JAR", 1), ("HEART", 1))

    answer = ask(alice)

    assert (answer.order_count, answer.cancelled_count, answer.pieces) == (2, 0, 3)
    assert answer.ordered_pence == 2 * 255 + 4 * 400
    assert answer.returned_pence == 2 * 400 + 255
    assert answer.lifetime_pence == 255 + 2 * 400
    assert answer.returns_basis_points == 10_000 * 1055 // 2110
    assert answer.first_order == OrderMark(order_number=first.number, placed_at=NOON)
    assert answer.last_order == OrderMark(order_number=last.number, placed_at=later(hours=1))
    assert answer.segment == "regular"


def test_cancelled_order_counts_as_cancelled_and_for_nothing_else(alice):
    kept = an_order(("JAR", 1), customer=alice)
    for hours in (-1, 1):
        cancel(an_order(("HEART", 5), customer=alice, placed_at=later(hours=hours)))

    answer = ask(alice)

    assert (answer.order_count, answer.cancelled_count, answer.ordered_pence) == (1, 2, 400)
    assert answer.first_order == answer.last_order
    assert answer.last_order.order_number == kept.number
    assert [favourite.stock_code for favourite in answer.favourites] == ["JAR"]


def test_who_cancelled_everything_has_no_first_and_no_last_order(alice):
    cancel(an_order(("HEART", 5), customer=alice))

    answer = ask(alice)

    assert (answer.first_order, answer.last_order, answer.segment) == (None, None, "prospect")


def test_favourites_are_five_products_by_pieces_then_by_code(alice):
    codes = ("F", "E", "D", "C", "B", "A")
    for code in codes:
        a_product(code)
    an_order(*((code, 2) for code in codes), ("HEART", 3), customer=alice)

    answer = ask(alice)

    assert answer.favourites[0] == Favourite(
        stock_code="HEART", description="WHITE HANGING HEART", pieces=3
    )
    assert [each.stock_code for each in answer.favourites] == ["HEART", "A", "B", "C", "D"]


def test_product_that_came_back_whole_is_no_favourite(alice):
    order = a_dispatched_order(("JAR", 9), ("HEART", 2), customer=alice)
    give_back(order, ("JAR", 9), ("HEART", 1))

    answer = ask(alice)

    assert [(each.stock_code, each.pieces) for each in answer.favourites] == [("HEART", 1)]


def test_product_on_two_lines_of_an_order_is_one_favourite(alice):
    order = a_dispatched_order(("JAR", 2), ("JAR", 3), customer=alice)
    give_back(order, ("JAR", 4))

    answer = ask(alice)

    assert [(each.stock_code, each.pieces) for each in answer.favourites] == [("JAR", 1)]
    assert (answer.pieces, answer.returned_pence) == (1, 4 * 400)


def test_strangers_and_guests_count_for_nobody(alice):
    an_order(("HEART", 1), customer=a_customer("Bob"))
    an_order(("HEART", 1))

    assert ask(alice).order_count == 0


def test_amounts_beyond_32_bits_add_up():
    a_product("GOLD", price_pence=2_000_000_000, quantity=1000)
    customer = a_customer()
    an_order(("GOLD", 900), customer=customer)

    assert ask(customer).ordered_pence == 1_800_000_000_000


def test_day_that_is_asked_for_moves_the_segment(alice):
    an_order(("JAR", 1), customer=alice)

    assert ask(alice, on=date(2025, 3, 1)).segment == "new"
    assert ask(alice, on=date(2026, 3, 1)).segment == "lapsed"


def test_summary_is_one_statement(alice, django_assert_num_queries):
    an_order(("JAR", 1), customer=alice)

    with django_assert_num_queries(1):
        ask(alice)


def test_orders_of_others_are_not_read(alice):
    an_order(("JAR", 1), customer=alice)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {summary._SUMMARY}", summary._parameters(alice.pk))
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Scan using ordering_order_history" in plan
