"""What an event changes in a customer's history. Pure: no store, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from event_contracts.order_history import CANCELLED, DISPATCHED, PLACED, Cursor, OrderSummary
from event_contracts.ordering import (
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderHistorySnapshotTaken,
    OrderPlaced,
)
from event_contracts.registry import is_snapshot
from event_contracts.streams import CUSTOMER, stream_key, stream_kind
from extracted_services.order_history.view import Changes, Head, OrderRow, RowChange, RowUpdate

if TYPE_CHECKING:
    from event_contracts.envelope import Envelope

READS = frozenset({"ordering"})
"""The apps whose facts matter here; those of others only move the version on."""


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    IGNORED = "ignored"  # it was known already, or nobody here asks about it
    AWAITING = "awaiting"  # let go: the snapshot that is to come will include it


class VersionGap(Exception):
    """An earlier event has not arrived. The event must be delivered again, after that one."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an event, and what it changes, if anything."""

    outcome: Outcome
    changes: Changes | None = None


IGNORE = Decision(Outcome.IGNORED)


def customer_of(envelope: Envelope) -> str | None:
    """Return whose history an event belongs to: nobody's, if its stream is not a customer's."""
    stream = envelope.stream
    return stream_key(stream) if stream_kind(stream) == CUSTOMER else None


def decide(envelope: Envelope, head: Head | None) -> Decision:
    """Decide what an event of a customer's stream changes, given how far that history has come.

    Raises:
        VersionGap: the event is not the next one.
    """
    if isinstance(envelope.data, OrderHistorySnapshotTaken):
        return _decide_snapshot(envelope, envelope.data, head)
    if is_snapshot(envelope.event_type):
        return IGNORE  # of another read model: no fact, and taken for one it would begin a history
    if head is None:
        return _decide_first(envelope)
    if envelope.version <= head.as_of:
        return IGNORE
    if head.is_complete and envelope.version == head.as_of + 1:
        return _apply(envelope, head)
    if head.awaiting_snapshot:
        return _await_snapshot(envelope, head)
    raise VersionGap(f"{envelope.stream}: version {envelope.version} came after {head.as_of}")


def _decide_snapshot(
    envelope: Envelope, snapshot: OrderHistorySnapshotTaken, head: Head | None
) -> Decision:
    # One older than what was applied, or let go, would take the history back.
    if head is not None and envelope.version < head.as_of:
        return IGNORE
    changes = Changes(
        customer_id=stream_key(envelope.stream),
        expected=head,
        head=Head(as_of=envelope.version),
        rows=tuple(OrderRow(order=order, version=envelope.version) for order in snapshot.orders),
        replacement=str(envelope.event_id),
    )
    return Decision(Outcome.APPLIED, changes)


def _decide_first(envelope: Envelope) -> Decision:
    # A stream that begins before our eyes is whole; any other has a past that we were not told.
    return _apply(envelope, None) if envelope.version == 1 else _await_snapshot(envelope, None)


def _apply(envelope: Envelope, head: Head | None) -> Decision:
    changes = Changes(
        customer_id=stream_key(envelope.stream),
        expected=head,
        head=Head(as_of=envelope.version),
        rows=_row_changes(envelope.data, envelope.version),
    )
    return Decision(Outcome.APPLIED, changes)


def _await_snapshot(envelope: Envelope, head: Head | None) -> Decision:
    changes = Changes(
        customer_id=stream_key(envelope.stream),
        expected=head,
        head=Head(as_of=envelope.version, awaiting_snapshot=True),
    )
    return Decision(Outcome.AWAITING, changes)


def _row_changes(event: Any, version: int) -> tuple[RowChange, ...]:
    match event:
        case OrderPlaced():
            return (OrderRow(order=_summary(event), version=version),)
        case OrderDispatched():
            return (RowUpdate(place=_place(event), version=version, status=DISPATCHED),)
        case OrderCancelled():
            return (RowUpdate(place=_place(event), version=version, status=CANCELLED),)
        case ItemsReturned(order_returned_pence=returned):
            return (RowUpdate(place=_place(event), version=version, returned_pence=returned),)
    return ()


def _summary(event: OrderPlaced) -> OrderSummary:
    return OrderSummary(
        order_number=event.order_number,
        placed_at=event.placed_at,
        status=PLACED,
        item_count=event.item_count,
        total_pence=event.total_pence,
    )


def _place(event: OrderDispatched | OrderCancelled | ItemsReturned) -> Cursor:
    return Cursor(event.placed_at, event.order_number)
