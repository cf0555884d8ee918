"""What is kept comes back as it was, of DynamoDB and of the memory of tests alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extracted_services.customer_summary.handlers import project
from extracted_services.customer_summary.view import OrderRow, SummaryRow, Touched
from extracted_services.read_models.projecting import Changes, Head
from extracted_services.read_models.tables import HeadMoved
from tests.extracted_services.customer_summary.customers import (
    CUSTOMER,
    mark,
    placed,
    record,
    returned,
    snapshot,
    tell,
)
from tests.extracted_services.order_history.histories import cancelled, dispatched, envelope


def test_nothing_is_kept_of_a_stranger(store):
    assert store.find_summary(CUSTOMER) is None
    assert store.touched_by(placed(1), customer_id=CUSTOMER) == Touched(
        summary=SummaryRow(version=0)
    )


def test_sum_and_orders_come_back_as_they_were_written(store):
    tell(store, placed(1, HEART=2, JAR=1), dispatched(1), returned(1, JAR=1), placed(2, HEART=1))

    summary = store.find_summary(CUSTOMER)
    order = store.touched_by(returned(1), customer_id=CUSTOMER).order

    assert (summary.version, summary.first_order, summary.last_order) == (4, mark(1), mark(2))
    assert {code: kept.pieces for code, kept in summary.products.items()} == {"HEART": 3}
    assert isinstance(order, OrderRow)
    assert (order.mark, order.ordered_pence, order.returned_pence) == (mark(1), 300, 100)
    assert order.products["HEART"].description == "PRODUCT HEART"
    assert not order.is_cancelled


def test_neighbours_of_a_cancelled_order_are_those_that_still_count(store):
    tell(store, *(placed(number, HEART=1) for number in range(1, 12)))
    tell(store, *(cancelled(number) for number in (2, 3, 4, 5, 6, 7, 9)))

    touched = store.touched_by(cancelled(8), customer_id=CUSTOMER)

    assert (touched.before, touched.after) == (mark(1), mark(10))


@pytest.mark.parametrize(("number", "before", "after"), [(1, None, mark(2)), (2, mark(1), None)])
def test_first_and_last_order_have_one_neighbour(store, number, before, after):
    tell(store, placed(1, HEART=1), placed(2, HEART=1))

    touched = store.touched_by(cancelled(number), customer_id=CUSTOMER)

    assert (touched.before, touched.after) == (before, after)


def test_change_decided_on_another_head_leaves_sum_and_orders_alone(store):
    tell(store, placed(1, HEART=1))
    before = store.table.read(CUSTOMER)
    late = Changes(
        key=CUSTOMER,
        expected=None,
        head=Head(as_of=1),
        rows=(replace(store.find_summary(CUSTOMER), order_count=9),),
    )

    with pytest.raises(HeadMoved):
        store.write(late)

    assert store.table.read(CUSTOMER) == before


@pytest.mark.parametrize("count", [0, 1, 97, 98, 250])
def test_snapshot_of_any_size_leaves_its_own_rows_and_their_sum(store, count):
    tell(store, *(placed(number, OLD=1) for number in (500, 501)))
    orders = [record(number, HEART=1) for number in range(1, 1 + count)]

    project(envelope(9, snapshot(*orders)), kept_in=store)

    kept = store.table.read(CUSTOMER)
    assert kept.head == Head(as_of=9)
    assert len(kept.rows) == count + 1
    assert store.find_summary(CUSTOMER).order_count == count
