"""What every store of orders does: the one in memory is held to DynamoDB's here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extracted_services.order_detail.store import Orders
from extracted_services.order_detail.view import OrderRow, ReturnRow, StatusUpdate
from extracted_services.read_models.projecting import Changes, Head
from extracted_services.read_models.tables import HeadMoved, RowMissing
from tests.extracted_services.order_detail.orders import (
    HEARTS,
    STREAM,
    at,
    cancelled_order,
    dispatched_order,
    named,
    note,
    order,
)


def _write(store, *rows, as_of=1, stream=STREAM, **more):
    expected = store.find_head(stream)
    head = Head(as_of=as_of)
    store.write(Changes(key=stream, expected=expected, head=head, rows=rows, **more))


def _row(record, version=1):
    return OrderRow(order=record, version=version)


def _back(number, returned, version=1):
    return ReturnRow(order_number=named(number), returned=returned, version=version)


def _find(store, number, *, as_of=1, stream=STREAM):
    return store.find_order(stream, named(number), as_of=as_of)


def test_order_that_is_not_there_is_none(store):
    _write(store, _row(order(1)))

    assert _find(store, 2) is None
    assert _find(store, 1, stream="customer/1") is None


@pytest.mark.parametrize("record", [order(1), dispatched_order(1), cancelled_order(1)])
def test_order_is_found_as_it_was_written(store, record):
    _write(store, _row(record))

    assert _find(store, 1) == record


def test_order_is_found_with_its_returns_in_the_order_of_their_instants_and_numbers(store):
    first, second, third = note(9, hours=1), note(1, hours=2), note(2, hours=2)
    _write(store, _row(dispatched_order(1)), _row(dispatched_order(2)))
    _write(store, _back(1, third, 2), _back(1, first, 2), _back(1, second, 2), as_of=2)

    assert _find(store, 1, as_of=2) == dispatched_order(1, returns=(first, second, third))
    assert _find(store, 2, as_of=2) == dispatched_order(2)


def test_numbers_that_begin_alike_are_told_apart(store):
    _write(store, *(_row(order(number)) for number in (1, 10, 100)))
    _write(store, _back(10, note(), 2), as_of=2)

    assert _find(store, 1, as_of=2) == order(1)
    assert _find(store, 10, as_of=2) == order(10, returns=(note(),))


@pytest.mark.parametrize(
    ("update", "became"),
    [
        (
            {"status": "dispatched", "dispatched_at": at(1, hours=1)},
            dispatched_order(1, returns=(note(),)),
        ),
        (
            {
                "status": "cancelled",
                "cancelled_at": at(1, hours=1),
                "cancel_reason": "changed my mind",
            },
            replace(cancelled_order(1), returns=(note(),)),
        ),
    ],
)
def test_status_changes_what_it_names_and_leaves_the_rest(store, update, became):
    _write(store, _row(order(1)), _back(1, note()))

    _write(store, StatusUpdate(order_number=named(1), version=2, **update), as_of=2)

    assert _find(store, 1, as_of=2) == became


def test_status_of_an_order_that_is_not_there_is_refused_whole(store):
    _write(store, _row(order(1)))

    with pytest.raises(RowMissing):
        _write(store, StatusUpdate(order_number=named(2), version=2, status="dispatched"), as_of=2)

    assert store.find_head(STREAM) == Head(as_of=1)


@pytest.mark.parametrize(
    "change",
    [
        _row(order(1), 2),
        _back(1, note(), 2),
        StatusUpdate(order_number=named(1), version=2, status="dispatched"),
    ],
)
def test_order_changed_after_the_head_was_read_is_noticed(store, change):
    _write(store, _row(order(1)))
    _write(store, change, as_of=2)

    with pytest.raises(HeadMoved):
        _find(store, 1, as_of=1)


def test_orders_follow_each_other_by_number_character_by_character(store):
    _write(store, *(_row(order(number)) for number in (2, 10, 1)), _back(10, note()))
    found, number = [], ""

    while (record := store.find_order_behind(STREAM, number, as_of=1)) is not None:
        number = record.order_number
        found.append(record)

    assert found == [order(1), order(10, returns=(note(),)), order(2)]


def test_all_orders_of_a_stream_are_read_at_one_go(store):
    _write(store, _row(order(2)), _row(order(1)), _back(1, note()))
    _write(store, _row(order(3)), stream="customer/1")

    assert store.read_orders(STREAM) == Orders(
        head=Head(as_of=1), orders=(order(1, returns=(note(),)), order(2))
    )


def test_unknown_stream_has_no_head_and_no_orders(store):
    assert store.read_orders(STREAM) == Orders(head=None, orders=())


def test_order_of_as_many_lines_as_one_may_have_is_kept(store):
    line = replace(HEARTS, description="WHITE HANGING HEART T-LIGHT HOLDER, " * 5)
    lines = tuple(replace(line, stock_code=f"P{number}") for number in range(2_000))

    _write(store, _row(order(1, lines=lines)))

    assert _find(store, 1) == order(1, lines=lines)


def test_replacement_larger_than_a_transaction_leaves_its_own_rows_only(store):
    _write(store, *(_row(order(number)) for number in range(1, 60)), _back(1, note()))
    records = [order(number, returns=(note(),) if number % 2 else ()) for number in range(50, 200)]
    rows = [_row(replace(record, returns=()), 3) for record in records]
    rows += [_back(number, note(), 3) for number in range(50, 200) if number % 2]

    _write(store, *rows, as_of=3, replacement="an-event-id")

    assert store.read_orders(STREAM).head == Head(as_of=3)
    by_number = sorted(records, key=lambda record: record.order_number)
    assert store.read_orders(STREAM).orders == tuple(by_number)
