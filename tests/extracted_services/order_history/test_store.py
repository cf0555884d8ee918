"""What a store of histories finds, in memory and in DynamoDB alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from event_contracts.order_history import Cursor
from extracted_services.order_history.view import (
    CUSTOMER_ID,
    History,
    OrderRow,
    RowUpdate,
    read_row,
    row_write,
)
from extracted_services.read_models.projecting import Changes, Head
from extracted_services.read_models.tables import HeadMoved
from tests.extracted_services.order_history.histories import ANNA, order, placed_at, query

CUSTOMER = str(ANNA)
PLACES = {number: Cursor.at(order(number)) for number in range(1, 10)}


def _row(number, version=1, **changed):
    return OrderRow(order=order(number, **changed), version=version)


def _changes(expected, head, *rows, **more):
    return Changes(key=CUSTOMER, expected=expected, head=head, rows=rows, **more)


def _fill(store, *rows, as_of=1):
    store.write(_changes(None, Head(as_of=as_of), *rows))


def _numbers(rows):
    return [int(row.order.order_number[1:]) for row in rows]


def test_unknown_customer_has_no_head_and_no_rows(store):
    assert store.find_head(CUSTOMER) is None
    assert store.list_rows(query(), as_of=1) == []


def test_row_is_listed_as_it_was_written(store):
    row = _row(2, status="dispatched", returned_pence=30)

    _fill(store, row)

    assert store.list_rows(query(), as_of=1) == [row]


def test_row_that_was_put_into_the_wrong_history_keeps_its_owner(store):
    strays = OrderRow(order=replace(order(2), customer_id=ANNA + 1), version=1)

    _fill(store, _row(1), strays)

    assert store.list_rows(query(), as_of=1) == [strays, _row(1)]
    assert store.read_history(CUSTOMER).rows == (strays, _row(1))


def test_row_from_before_owners_were_stored_belongs_to_its_partition():
    row = _row(2, status="dispatched", returned_pence=30)
    written = row_write(row)
    stored = {CUSTOMER_ID: {"S": CUSTOMER}, "row": {"S": written.row}, **written.values}
    del stored["owner"]

    assert read_row(stored) == row


def test_rows_of_another_customer_are_not_listed(store):
    _fill(store, _row(1))

    assert store.list_rows(query(customer_id=ANNA + 1), as_of=1) == []


@pytest.mark.parametrize(
    ("update", "updated"),
    [
        (
            RowUpdate(place=PLACES[1], version=2, status="dispatched"),
            OrderRow(order=order(1, "dispatched", 5), version=2),
        ),
        (
            RowUpdate(place=PLACES[1], version=2, returned_pence=70),
            OrderRow(order=order(1, "placed", 70), version=2),
        ),
    ],
)
def test_update_changes_only_what_it_names(store, update, updated):
    _fill(store, _row(1, returned_pence=5), _row(2))

    store.write(_changes(Head(as_of=1), Head(as_of=2), update))

    assert store.list_rows(query(), as_of=2) == [_row(2), updated]


def test_same_order_written_again_replaces_its_row(store):
    _fill(store, _row(1))

    store.write(_changes(Head(as_of=1), Head(as_of=2), _row(1, version=2, status="cancelled")))

    assert store.list_rows(query(), as_of=2) == [_row(1, version=2, status="cancelled")]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"status": "dispatched"}, [4, 2]),
        ({"status": "cancelled"}, []),
        ({"placed_from": placed_at(3)}, [5, 4, 3]),
        ({"placed_until": placed_at(3)}, [2, 1]),
        ({"placed_from": placed_at(2), "placed_until": placed_at(4)}, [3, 2]),
        ({"placed_from": placed_at(4), "placed_until": placed_at(2)}, []),
        ({"placed_from": placed_at(3), "placed_until": placed_at(3)}, []),
        ({"placed_from": placed_at(3) + timedelta(microseconds=1)}, [5, 4]),
        ({"placed_until": placed_at(3) + timedelta(microseconds=1)}, [3, 2, 1]),
        ({"before": PLACES[3]}, [2, 1]),
        ({"before": Cursor(placed_at(3), "B999999")}, [3, 2, 1]),
        ({"before": PLACES[1]}, []),
        ({"before": PLACES[4], "status": "dispatched"}, [2]),
        ({"before": PLACES[4], "placed_until": placed_at(3)}, [2, 1]),
        ({"before": PLACES[3], "placed_until": placed_at(5)}, [2, 1]),
        ({"before": PLACES[2], "placed_from": placed_at(3)}, []),
        ({"limit": 2}, [5, 4, 3]),
        ({"limit": 2, "before": PLACES[5]}, [4, 3, 2]),
        ({"limit": 1, "status": "placed", "before": PLACES[5]}, [3, 1]),
    ],
    ids=str,
)
def test_rows_are_listed_newest_first_within_what_is_asked(store, asked, numbers):
    _fill(
        store,
        *(_row(number, status="placed" if number % 2 else "dispatched") for number in range(1, 6)),
    )

    assert _numbers(store.list_rows(query(**asked), as_of=1)) == numbers


def test_orders_of_the_same_instant_are_listed_by_number_downwards(store):
    twins = [
        OrderRow(order=replace(order(1), order_number=number), version=1)
        for number in ("B100", "536365", "C5", "B99")
    ]
    _fill(store, *twins)

    listed = store.list_rows(query(), as_of=1)

    assert [row.order.order_number for row in listed] == ["C5", "B99", "B100", "536365"]


def test_fractions_of_a_second_are_kept_in_order(store):
    later = replace(order(2), placed_at=placed_at(1) + timedelta(microseconds=1))
    _fill(store, _row(1), OrderRow(order=later, version=1))

    assert _numbers(store.list_rows(query(), as_of=1)) == [2, 1]


@pytest.mark.parametrize("asked", [{}, {"status": "placed"}])
def test_row_changed_after_the_head_was_read_is_noticed(store, asked):
    _fill(store, _row(1), _row(2))
    store.write(
        _changes(
            Head(as_of=1),
            Head(as_of=2),
            RowUpdate(place=PLACES[2], version=2, status="dispatched"),
        )
    )

    with pytest.raises(HeadMoved):
        store.list_rows(query(**asked), as_of=1)


def test_status_that_is_rare_is_found_beyond_the_first_pages(store):
    rows = [
        OrderRow(order=order(number, "placed" if number > 3 else "cancelled"), version=5)
        for number in range(1, 601)
    ]
    store.write(_changes(None, Head(as_of=5), *rows, replacement="snapshot"))

    assert _numbers(store.list_rows(query(status="cancelled", limit=2), as_of=5)) == [3, 2, 1]


def _all_rows(store):
    rows = store.list_rows(query(limit=1000), as_of=99)
    assert len(rows) < 1000
    return rows


def test_history_is_read_whole_and_newest_first(store):
    _fill(store, _row(1), _row(3), _row(2, status="dispatched"), as_of=4)

    history = store.read_history(CUSTOMER)

    assert history.head == Head(as_of=4)
    assert _numbers(history.rows) == [3, 2, 1]
    assert history.rows[1] == _row(2, status="dispatched")


def test_history_of_an_unknown_customer_is_empty(store):
    _fill(store, _row(1))

    assert store.read_history(str(ANNA + 1)) == History(head=None)
