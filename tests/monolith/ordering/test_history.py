from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from event_contracts.order_history import Cursor, ListedOrder, OrderHistoryQuery
from event_contracts.streams import customer_stream
from monolith.ordering import operations, queries
from monolith.ordering.queries import history
from monolith.outbox import recording
from tests.factories import (
    NOON,
    a_customer,
    a_dispatched_order,
    a_product,
    an_order,
    later,
)

pytestmark = pytest.mark.django_db


def ask(customer, **filters):
    query = OrderHistoryQuery(customer_id=customer.pk, **filters)
    return queries.list_orders_for_customer(query)


def numbers(page):
    return [order.order_number for order in page.orders]


def test_customer_without_orders_has_an_empty_history():
    customer = a_customer()

    page = ask(customer)

    assert (page.customer_id, page.as_of, page.orders, page.next) == (customer.pk, 1, (), None)


def test_customer_whom_nobody_recorded_has_version_zero():
    page = queries.list_orders_for_customer(OrderHistoryQuery(customer_id=7))

    assert (page.as_of, page.orders, page.next) == (0, (), None)


def test_summary_adds_up_lines_and_returns():
    a_product("HEART", price_pence=255)
    a_product("JAR", price_pence=425)
    customer = a_customer()
    order = a_dispatched_order(("HEART", 2), ("JAR", 3), customer=customer)
    for key in ("first", "second"):
        operations.return_items(
            order_number=order.number,
            lines=[operations.ReturnRequest(stock_code="JAR", quantity=1)],
            returned_at=later(days=1),
            idempotency_key=key,
        )

    page = ask(customer)

    assert page.orders == (
        ListedOrder(
            customer_id=customer.pk,
            order_number=order.number,
            placed_at=NOON,
            status="dispatched",
            item_count=5,
            total_pence=2 * 255 + 3 * 425,
            returned_pence=2 * 425,
        ),
    )


def test_amounts_beyond_32_bits_add_up():
    a_product("GOLD", price_pence=2_000_000_000, quantity=1000)
    customer = a_customer()
    an_order(("GOLD", 900), customer=customer)

    assert ask(customer).orders[0].total_pence == 1_800_000_000_000


def test_as_of_is_the_version_of_the_customers_stream():
    customer = a_customer()
    a_dispatched_order(customer=customer)

    assert ask(customer).as_of == 3
    assert ask(customer).as_of == recording.current_version(customer_stream(customer.pk))


def test_history_shows_ones_own_orders_only():
    alice, bob = a_customer("Alice"), a_customer("Bob")
    order = an_order(customer=alice)
    an_order(customer=bob)
    an_order()

    assert numbers(ask(alice)) == [order.number]


def test_newest_comes_first_and_the_number_decides_a_tie():
    a_product("JAR")
    customer = a_customer()
    earlier, tied, latest = (
        an_order(("JAR", 1), customer=customer, placed_at=later(hours=hours)) for hours in (0, 1, 1)
    )

    assert numbers(ask(customer)) == [latest.number, tied.number, earlier.number]


def test_history_is_filtered_by_status():
    customer = a_customer()
    placed = an_order(customer=customer)
    dispatched = a_dispatched_order(customer=customer)

    assert numbers(ask(customer, status="placed")) == [placed.number]
    assert numbers(ask(customer, status="dispatched")) == [dispatched.number]
    assert numbers(ask(customer, status="cancelled")) == []


def test_history_is_filtered_from_an_instant_until_before_another():
    a_product("JAR")
    customer = a_customer()
    orders = [
        an_order(("JAR", 1), customer=customer, placed_at=later(hours=hours)) for hours in range(3)
    ]

    page = ask(customer, placed_from=later(hours=1), placed_until=later(hours=2))

    assert numbers(page) == [orders[1].number]


@pytest.fixture
def busy_customer():
    a_product("JAR")
    customer = a_customer()
    for hours in (0, 0, 1, 2, 2, 2, 3):
        an_order(("JAR", 1), customer=customer, placed_at=later(hours=hours))
    return customer


def test_pages_of_any_size_together_are_the_whole_history(busy_customer):
    whole = queries.list_order_summaries(busy_customer.pk)

    @given(limit=st.integers(1, 9))
    @settings(max_examples=15, deadline=None)
    def page_through(limit):
        page = ask(busy_customer, limit=limit)
        read = list(page.orders)
        while page.next:
            page = ask(busy_customer, limit=limit, before=Cursor.parse(page.next))
            read += page.orders
        assert tuple(order.without_owner() for order in read) == whole

    assert len(whole) == 7
    page_through()


def test_last_page_that_is_full_has_no_next(busy_customer):
    assert ask(busy_customer, limit=7).next is None
    assert ask(busy_customer, limit=6).next is not None


def test_order_placed_meanwhile_does_not_move_the_next_page(busy_customer):
    first = ask(busy_customer, limit=3)
    expected = ask(busy_customer, limit=3, before=Cursor.parse(first.next))

    an_order(("JAR", 1), customer=busy_customer, placed_at=later(hours=9))

    again = ask(busy_customer, limit=3, before=Cursor.parse(first.next))
    assert replace(again, as_of=expected.as_of) == expected


def test_history_reads_one_page_from_its_index(busy_customer):
    parameters = history._parameters(OrderHistoryQuery(customer_id=busy_customer.pk), limit=3)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {history._HISTORY}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Scan using ordering_order_history" in plan


def test_history_is_one_statement(busy_customer, django_assert_num_queries):
    with django_assert_num_queries(1):
        ask(busy_customer)
