from __future__ import annotations

from dataclasses import replace

import pytest

from event_contracts.catalogue import ProductSoldOut
from extracted_services.order_detail.projection import ORDERS, PositionMissing, stream_of
from extracted_services.order_detail.view import OrderRow, ReturnRow, StatusUpdate
from extracted_services.read_models.projecting import Changes, Head, Outcome
from tests.extracted_services.order_detail.orders import (
    START,
    STREAM,
    at,
    cancelled,
    cancelled_order,
    dispatched,
    dispatched_order,
    envelope,
    guest_stream,
    named,
    note,
    order,
    placed,
    registered,
    returned,
    snapshot,
)

COMPLETE = Head(as_of=4)


@pytest.mark.parametrize(
    ("event", "row"),
    [
        (registered(), None),
        (placed(1), OrderRow(order=order(1), version=5)),
        (
            dispatched(1),
            StatusUpdate(
                order_number=named(1),
                version=5,
                status="dispatched",
                dispatched_at=at(1, hours=1),
            ),
        ),
        (
            cancelled(1),
            StatusUpdate(
                order_number=named(1),
                version=5,
                status="cancelled",
                cancelled_at=at(1, hours=1),
                cancel_reason="changed my mind",
            ),
        ),
        (returned(1, note()), ReturnRow(order_number=named(1), returned=note(), version=5)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_next_fact_is_one_write_beside_the_head(event, row):
    decision = ORDERS.decide(envelope(5, event), COMPLETE)

    assert decision.outcome is Outcome.APPLIED
    assert decision.changes == Changes(
        key=STREAM, expected=COMPLETE, head=Head(as_of=5), rows=() if row is None else (row,)
    )


@pytest.mark.parametrize("head", [None, COMPLETE, Head(as_of=4, awaiting_snapshot=True)])
def test_snapshot_is_a_row_per_order_and_per_return(head):
    whole = dispatched_order(1, returns=(note(1), note(2)))

    decision = ORDERS.decide(envelope(4, snapshot(whole, cancelled_order(2))), head)

    assert decision.changes is not None
    assert decision.changes.replacement is not None
    assert decision.changes.rows == (
        OrderRow(order=dispatched_order(1), version=4),
        ReturnRow(order_number=named(1), returned=note(1), version=4),
        ReturnRow(order_number=named(1), returned=note(2), version=4),
        OrderRow(order=cancelled_order(2), version=4),
    )


def test_return_of_before_lines_had_positions_is_refused_by_number():
    old = returned(1, note(7, position=None))

    with pytest.raises(PositionMissing, match="CN7: a returned line without its position"):
        ORDERS.decide(envelope(5, old), COMPLETE)


def test_customer_and_guest_order_of_one_number_have_copies_of_their_own():
    stream = guest_stream(1)
    guests = envelope(1, placed(1, customer_id=None), stream=stream)

    decision = ORDERS.decide(guests, None)

    assert stream_of(guests) == stream
    assert decision.changes is not None
    assert decision.changes.key == stream


def test_stream_without_orders_is_nobodys():
    sold_out = replace(
        envelope(1, ProductSoldOut(stock_code="JAR", sold_out_at=START)), stream="product/JAR"
    )

    assert stream_of(sold_out) is None
