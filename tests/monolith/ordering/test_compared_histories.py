"""Order history as a moving read: what its comparisons are told."""

from __future__ import annotations

import pytest

from event_contracts.order_history import Cursor, ListedOrder, OrderHistoryPage, OrderHistoryQuery
from event_contracts.plain_values import from_plain, to_plain
from monolith.ordering.migration_paths.order_history import order_history
from tests.factories import NOON, a_customer, an_order, later

CURSOR = Cursor(NOON, "B1")


def a_row(number, *, customer_id):
    return ListedOrder(
        customer_id=customer_id,
        order_number=f"B{number}",
        placed_at=NOON,
        status="placed",
        item_count=1,
        total_pence=100,
    )


@pytest.mark.parametrize(
    ("asked", "shape"),
    [
        ({}, "first/all"),
        ({"status": "placed"}, "first/status"),
        ({"placed_from": NOON}, "first/dates"),
        ({"placed_until": NOON, "status": "placed"}, "first/status+dates"),
        ({"before": CURSOR}, "later/all"),
    ],
)
def test_questions_have_shapes_that_are_declared(asked, shape):
    assert order_history.shape_of(OrderHistoryQuery(customer_id=1, **asked)) == shape
    assert shape in order_history.shapes


def test_answer_belongs_to_whom_it_was_asked_about():
    query = OrderHistoryQuery(customer_id=17850)
    orders = (a_row(1, customer_id=17850), a_row(2, customer_id=17850))
    page = OrderHistoryPage(customer_id=17850, as_of=1, orders=orders, next=None)

    assert set(order_history.subjects_in(page)) == {order_history.subject_of(query)}


def test_strangers_row_on_the_right_page_tells_whose_it_is():
    orders = (a_row(1, customer_id=17850), a_row(2, customer_id=12346))
    page = OrderHistoryPage(customer_id=17850, as_of=1, orders=orders, next=None)

    assert set(order_history.subjects_in(page)) == {"17850", "12346"}


@pytest.mark.django_db
def test_snapshot_has_the_rows_that_its_event_always_had():
    customer = a_customer()
    order = an_order(customer=customer)

    (row,) = to_plain(order_history.source.snapshot(str(customer.pk)))["orders"]

    assert row["order_number"] == order.number
    assert "customer_id" not in row


def test_missing_order_pulls_no_other_order_into_the_disagreement():
    orders = [a_row(number, customer_id=1) for number in range(4)]
    whole = OrderHistoryPage(customer_id=1, as_of=1, orders=tuple(orders[:3]), next="c")
    holed = OrderHistoryPage(customer_id=1, as_of=1, orders=(*orders[:1], *orders[2:]), next="c")

    found = order_history.compare(whole, holed)

    assert [str(each) for each in found] == ["orders[1] missing", "orders[2] edge"]


@pytest.mark.django_db
def test_sample_questions_have_every_shape_and_about_as_many_customers_as_asked():
    for _ in range(3):
        customer = a_customer()
        for hours in range(2):
            an_order(customer=customer, placed_at=later(hours=hours))
    a_customer("Nobody")

    questions = list(order_history.sample_queries(2))

    assert {order_history.shape_of(query) for query in questions} == set(order_history.shapes)
    assert len({query.customer_id for query in questions}) == 2
    assert all(order_history.ask_monolith(query).orders is not None for query in questions)


@pytest.mark.django_db
def test_nobody_without_orders_is_asked_about():
    a_customer()

    assert list(order_history.sample_queries(5)) == []


def test_question_can_be_written_down_and_asked_again():
    query = OrderHistoryQuery(customer_id=1, status="placed", before=CURSOR, placed_from=NOON)

    assert order_history.query_class is not None
    assert from_plain(order_history.query_class, to_plain(query)) == query
