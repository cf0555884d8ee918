from __future__ import annotations

from dataclasses import replace

import pytest

from event_contracts.order_history import Cursor
from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.streams import NOBODY
from extracted_services.order_history.projection import HISTORY, customer_of
from extracted_services.order_history.view import OrderRow, RowChange, RowUpdate
from extracted_services.read_models.projecting import (
    Changes,
    Decision,
    Head,
    Outcome,
    VersionGap,
)
from tests.extracted_services.order_history.histories import (
    ANNA,
    cancelled,
    dispatched,
    envelope,
    order,
    placed,
    registered,
    returned,
    snapshot,
)

IGNORE: Decision[RowChange] = Decision(Outcome.IGNORED)
COMPLETE = Head(as_of=4)
AWAITING = Head(as_of=4, awaiting_snapshot=True)
REPLACING = Head(as_of=4, replacing="another-event")
PLACE = Cursor(order(1).placed_at, order(1).order_number)


def test_first_version_of_an_unknown_stream_begins_a_complete_history():
    decision = HISTORY.decide(envelope(1, registered()), None)

    assert decision.outcome is Outcome.APPLIED
    assert decision.changes == Changes(key=str(ANNA), expected=None, head=Head(as_of=1), rows=())


def test_later_version_of_an_unknown_stream_is_let_go_until_the_snapshot():
    decision = HISTORY.decide(envelope(3, placed(1)), None)

    assert decision.outcome is Outcome.AWAITING
    assert decision.changes == Changes(
        key=str(ANNA), expected=None, head=Head(as_of=3, awaiting_snapshot=True)
    )


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (registered(), None),
        (placed(1), OrderRow(order=order(1), version=5)),
        (dispatched(1), RowUpdate(place=PLACE, version=5, status="dispatched")),
        (cancelled(1), RowUpdate(place=PLACE, version=5, status="cancelled")),
        (returned(1, 70), RowUpdate(place=PLACE, version=5, returned_pence=70)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_next_version_is_applied(event, change):
    decision = HISTORY.decide(envelope(5, event), COMPLETE)

    assert decision.outcome is Outcome.APPLIED
    assert decision.changes == Changes(
        key=str(ANNA),
        expected=COMPLETE,
        head=Head(as_of=5),
        rows=() if change is None else (change,),
    )


@pytest.mark.parametrize(
    ("event", "owner"),
    [
        (placed(1, customer_id=ANNA + 1), ANNA + 1),
        (placed(1, customer_id=None), NOBODY),
        (snapshot(order(1), customer_id=ANNA + 1), ANNA + 1),
    ],
    ids=["another's order", "a guest's order", "another's snapshot"],
)
def test_row_that_comes_by_the_wrong_stream_keeps_its_owner(event, owner):
    changes = HISTORY.decide(envelope(5, event), COMPLETE).changes

    assert changes is not None
    assert changes.key == str(ANNA)
    (row,) = changes.rows
    assert isinstance(row, OrderRow)
    assert row.order.customer_id == owner


def test_fact_that_was_not_read_moves_the_version_on():
    unread = replace(envelope(5, registered()), data=None)

    decision = HISTORY.decide(unread, COMPLETE)

    assert decision.changes == Changes(key=str(ANNA), expected=COMPLETE, head=Head(as_of=5))


@pytest.mark.parametrize("head", [COMPLETE, AWAITING, REPLACING])
@pytest.mark.parametrize("version", [1, 4])
def test_known_version_is_ignored(head, version):
    assert HISTORY.decide(envelope(version, placed(1)), head) == IGNORE


def test_version_after_a_gap_is_not_applied():
    with pytest.raises(VersionGap, match="version 6 came after 4"):
        HISTORY.decide(envelope(6, placed(1)), COMPLETE)


@pytest.mark.parametrize("version", [5, 6])
def test_event_that_comes_while_the_history_is_being_replaced_waits(version):
    with pytest.raises(VersionGap):
        HISTORY.decide(envelope(version, placed(1)), REPLACING)


@pytest.mark.parametrize("version", [5, 9])
def test_awaiting_history_remembers_the_newest_version_let_go(version):
    decision = HISTORY.decide(envelope(version, placed(1)), AWAITING)

    assert decision.outcome is Outcome.AWAITING
    assert decision.changes == Changes(
        key=str(ANNA), expected=AWAITING, head=Head(as_of=version, awaiting_snapshot=True)
    )


@pytest.mark.parametrize("head", [None, COMPLETE, AWAITING, REPLACING])
@pytest.mark.parametrize("version", [4, 7])
def test_snapshot_as_new_as_the_head_replaces_all_rows(head, version):
    taken = envelope(version, snapshot(order(1), order(2, "dispatched")))

    decision = HISTORY.decide(taken, head)

    assert decision.outcome is Outcome.APPLIED
    assert decision.changes == Changes(
        key=str(ANNA),
        expected=head,
        head=Head(as_of=version),
        rows=(
            OrderRow(order=order(1), version=version),
            OrderRow(order=order(2, "dispatched"), version=version),
        ),
        replacement=str(taken.event_id),
    )


@pytest.mark.parametrize("head", [COMPLETE, AWAITING, REPLACING])
def test_snapshot_older_than_the_head_is_ignored(head):
    assert HISTORY.decide(envelope(3, snapshot(order(1))), head) == IGNORE


@pytest.mark.parametrize("head", [None, COMPLETE, AWAITING, REPLACING])
@pytest.mark.parametrize("version", [1, 4, 7])
@pytest.mark.parametrize("is_read", [True, False])
def test_snapshot_of_another_read_model_is_left_alone(head, version, is_read):
    taken = envelope(version, CustomerOrdersSnapshotTaken(customer_id=ANNA, orders=()))

    assert HISTORY.decide(taken if is_read else replace(taken, data=None), head) == IGNORE


def test_event_of_a_customers_stream_belongs_to_their_history():
    assert customer_of(envelope(1, registered())) == str(ANNA)


def test_event_of_another_stream_belongs_to_nobodys():
    assert customer_of(envelope(1, placed(1), stream="guest-order/B000001")) is None
