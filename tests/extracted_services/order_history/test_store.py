"""What every store of histories does: the one in memory is held to DynamoDB's here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from event_contracts.order_history import Cursor
from extracted_services.order_history.store import HeadMoved, RowMissing, settle
from extracted_services.order_history.view import (
    Changes,
    Head,
    History,
    OrderRow,
    RowUpdate,
    read_row,
    row_action,
)
from tests.extracted_services.order_history.histories import ANNA, order, placed_at, query

CUSTOMER = str(ANNA)
PLACES = {number: Cursor.at(order(number)) for number in range(1, 10)}


def _row(number, version=1, **changed):
    return OrderRow(order=order(number, **changed), version=version)


def _changes(expected, head, *rows, **more):
    return Changes(customer_id=CUSTOMER, expected=expected, head=head, rows=rows, **more)


def _fill(store, *rows, as_of=1):
    store.write(_changes(None, Head(as_of=as_of), *rows))


def _numbers(rows):
    return [int(row.order.order_number[1:]) for row in rows]


def test_unknown_customer_has_no_head_and_no_rows(store):
    assert store.find_head(CUSTOMER) is None
    assert store.list_rows(query(), as_of=1) == []


@pytest.mark.parametrize(
    "head",
    [
        Head(as_of=1),
        Head(as_of=3, awaiting_snapshot=True),
        Head(as_of=12, replacing="an-event-id"),
    ],
)
def test_head_is_found_as_it_was_written(store, head):
    store.write(_changes(None, head))

    assert store.find_head(CUSTOMER) == head


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
    (stored,) = row_action(CUSTOMER, row).values()
    del stored["Item"]["owner"]

    assert read_row(stored["Item"]) == row


def test_rows_of_another_customer_are_not_listed(store):
    _fill(store, _row(1))

    assert store.list_rows(query(customer_id=ANNA + 1), as_of=1) == []


@pytest.mark.parametrize(
    "stale",
    [None, Head(as_of=1), Head(as_of=2, awaiting_snapshot=True), Head(as_of=2, replacing="x")],
)
def test_changes_decided_on_another_head_are_refused_whole(store, stale):
    _fill(store, _row(1), as_of=2)

    with pytest.raises(HeadMoved):
        store.write(_changes(stale, Head(as_of=3), _row(2)))

    assert store.find_head(CUSTOMER) == Head(as_of=2)
    assert _numbers(store.list_rows(query(), as_of=9)) == [1]


def test_changes_to_an_awaiting_head_expect_exactly_that(store):
    awaiting = Head(as_of=2, awaiting_snapshot=True)
    store.write(_changes(None, awaiting))

    with pytest.raises(HeadMoved):
        store.write(_changes(Head(as_of=2), Head(as_of=3)))

    store.write(_changes(awaiting, Head(as_of=2)))
    assert store.find_head(CUSTOMER) == Head(as_of=2)


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


def test_update_of_a_missing_row_is_refused_whole(store):
    _fill(store, _row(1))

    with pytest.raises(RowMissing):
        store.write(
            _changes(
                Head(as_of=1),
                Head(as_of=2),
                RowUpdate(place=PLACES[2], version=2, status="cancelled"),
            )
        )

    assert store.find_head(CUSTOMER) == Head(as_of=1)
    assert store.list_rows(query(), as_of=1) == [_row(1)]


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


@pytest.mark.parametrize("count", [0, 1, 98, 99, 100, 250])
@pytest.mark.parametrize("before", [0, 3, 120])
def test_replacement_leaves_only_its_own_rows(store, before, count):
    old = [_row(number) for number in range(1, before + 1)]
    store.write(_changes(None, Head(as_of=1), *old, replacement="first"))
    new = [_row(number, version=4) for number in range(3, 3 + count)]

    store.write(_changes(Head(as_of=1), Head(as_of=4), *new, replacement="second"))

    assert store.find_head(CUSTOMER) == Head(as_of=4)
    assert _all_rows(store) == list(reversed(new))


@pytest.mark.parametrize("count", [1, 250])
def test_replacement_decided_on_another_head_changes_nothing(store, count):
    _fill(store, _row(1), as_of=2)
    rows = [_row(number, version=1) for number in range(1, 1 + count)]

    with pytest.raises(HeadMoved):
        store.write(_changes(None, Head(as_of=1), *rows, replacement="snapshot"))

    assert store.find_head(CUSTOMER) == Head(as_of=2)
    assert store.list_rows(query(), as_of=2) == [_row(1)]


def _all_rows(store):
    rows = store.list_rows(query(limit=1000), as_of=99)
    assert len(rows) < 1000
    return rows


@dataclass
class Decision:
    changes: Changes | None


def test_settled_decision_is_written(store):
    settle(store, CUSTOMER, lambda head: Decision(_changes(head, Head(as_of=1))))

    assert store.find_head(CUSTOMER) == Head(as_of=1)


def test_decision_without_changes_writes_nothing(store):
    settle(store, CUSTOMER, lambda _: Decision(None))

    assert store.find_head(CUSTOMER) is None


def test_decision_is_taken_again_when_another_was_faster(store):
    heads = []

    def decide(head):
        heads.append(head)
        if head is None:
            _fill(store, _row(1), as_of=1)
        return Decision(_changes(head, Head(as_of=2)))

    settle(store, CUSTOMER, decide)

    assert heads == [None, Head(as_of=1)]
    assert store.find_head(CUSTOMER) == Head(as_of=2)


def test_deciding_is_given_up_when_others_are_always_faster(store):
    heads = []

    def decide(head):
        heads.append(head)
        version = len(heads)
        store.write(_changes(head, Head(as_of=version)))
        return Decision(_changes(head, Head(as_of=version)))

    with pytest.raises(HeadMoved):
        settle(store, CUSTOMER, decide)

    assert len(heads) == 5


def test_history_is_read_whole_and_newest_first(store):
    _fill(store, _row(1), _row(3), _row(2, status="dispatched"), as_of=4)

    history = store.read_history(CUSTOMER)

    assert history.head == Head(as_of=4)
    assert _numbers(history.rows) == [3, 2, 1]
    assert history.rows[1] == _row(2, status="dispatched")


def test_history_of_an_unknown_customer_is_empty(store):
    _fill(store, _row(1))

    assert store.read_history(str(ANNA + 1)) == History(head=None)


def _everybody(store):
    customers, following = store.list_customers(None)
    while following:
        more, following = store.list_customers(following)
        customers += more
    return customers


def test_every_customer_with_a_head_is_listed_once(store, monkeypatch):
    monkeypatch.setattr("extracted_services.order_history.store.SCANNED_AT_ONCE", 2)
    for number in range(5):
        head = Head(as_of=1, awaiting_snapshot=number == 4)
        rows = (_row(1), _row(2)) if number % 2 else ()
        store.write(Changes(customer_id=str(ANNA + number), expected=None, head=head, rows=rows))

    assert sorted(_everybody(store)) == [str(ANNA + number) for number in range(5)]


def test_nobody_is_listed_of_an_empty_store(store):
    assert store.list_customers(None) == ([], None)


def test_list_goes_on_from_nowhere_else(store):
    with pytest.raises(ValueError, match="not a place in the list: 'nowhere'"):
        store.list_customers("nowhere")
