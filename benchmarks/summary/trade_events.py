"""The real trade's whole past as the events that it would have been, customer by customer."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import UUID

from event_contracts.envelope import Envelope
from event_contracts.order_history import CANCELLED
from event_contracts.ordering import (
    ItemsReturned,
    OrderCancelled,
    OrderedLine,
    OrderPlaced,
    ReturnedLine,
)
from event_contracts.registry import event_type_of
from event_contracts.streams import customer_stream
from monolith.trade.history import History
from monolith.trade.invoice_lines import read_invoice_lines
from monolith.trade.invoices import gather_invoices
from monolith.trade.reporting import TradeReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from monolith.ordering.legacy import LegacyOrder, LegacyReturn

    Dated = tuple[datetime, object]


def read_events(file: Path) -> dict[int, list[Envelope]]:
    """Return every customer's events in the order in which they happened, numbered from 1.

    Raises:
        UnreadableTrade: a line of the file cannot be understood.
    """
    history = History(TradeReport())
    with closing(read_invoice_lines(file)) as lines:
        for invoice in gather_invoices(lines, file=file):
            history.add(invoice)
    names = {product.stock_code: product.description for product in history.products()}
    dated: dict[int, list[Dated]] = defaultdict(list)
    for order in history.orders():
        if order.customer_id is not None:
            dated[order.customer_id] += _events_of(order, names)
    return {customer_id: list(_numbered(customer_id, told)) for customer_id, told in dated.items()}


def _numbered(customer_id: int, told: Iterable[Dated]) -> Iterator[Envelope]:
    in_order = sorted(told, key=lambda each: each[0])
    for version, (at, event) in enumerate(in_order, start=1):
        yield Envelope(
            event_id=UUID(int=version),
            event_type=event_type_of(event),
            stream=customer_stream(customer_id),
            version=version,
            occurred_at=at,
            data=event,
        )


def _events_of(order: LegacyOrder, names: Mapping[str, str]) -> Iterator[Dated]:
    yield order.placed_at, _placed(order, names)
    if order.status == CANCELLED and order.cancelled_at is not None:
        yield order.cancelled_at, _cancelled(order, order.cancelled_at)
    so_far = 0
    for each in order.returns:
        so_far += sum(line.refund_pence for line in each.lines)
        yield each.issued_at, _returned(order, each, so_far)


def _placed(order: LegacyOrder, names: Mapping[str, str]) -> OrderPlaced:
    return OrderPlaced(
        order_number=order.number,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        country=order.country,
        lines=tuple(
            OrderedLine(
                stock_code=line.stock_code,
                description=names[line.stock_code],
                quantity=line.quantity,
                unit_price_pence=line.unit_price_pence,
            )
            for line in order.lines
        ),
        item_count=sum(line.quantity for line in order.lines),
        total_pence=sum(line.quantity * line.unit_price_pence for line in order.lines),
    )


def _cancelled(order: LegacyOrder, at: datetime) -> OrderCancelled:
    return OrderCancelled(
        order_number=order.number,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        cancelled_at=at,
        reason=order.cancel_reason,
    )


def _returned(order: LegacyOrder, note: LegacyReturn, so_far_pence: int) -> ItemsReturned:
    return ItemsReturned(
        order_number=order.number,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        credit_note_number=note.number,
        returned_at=note.issued_at,
        lines=tuple(
            ReturnedLine(
                stock_code=order.lines[line.position - 1].stock_code,
                quantity=line.quantity,
                refund_pence=line.refund_pence,
                position=line.position,
            )
            for line in note.lines
        ),
        refund_pence=sum(line.refund_pence for line in note.lines),
        order_returned_pence=so_far_pence,
    )
