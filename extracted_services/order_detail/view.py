"""What the service keeps: a row per order and one per return, and how each is stored.

An order as it was placed is one row, whose status later events change. A return is a row of its own
behind it, so that no event has to read before it writes.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from event_contracts.ordering import OrderRecord, ReturnRecord
from event_contracts.plain_values import from_plain, to_plain, write_instant
from extracted_services.read_models.items import AFTER_ALL_ROWS, Put, Span, Update, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from extracted_services.read_models.items import Item, Write

STREAM = "stream"
"""Tells one copy from the next: streams of two kinds may have the same key."""

# Numbers of orders hold nothing that sorts before "#": an order's returns stand right behind it.
_ORDER, _RETURN, _BEHIND_RETURNS = "order#", "#return#", "#~"
# Rows looked through per call when one order is looked for: it has few returns.
ROWS_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order without its returns, and the version of the stream that last changed it."""

    order: OrderRecord
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """A return of an order, and the version of the stream that told it."""

    order_number: str
    returned: ReturnRecord
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """What became of an order that is there already; None leaves a value as it is."""

    order_number: str
    version: int
    status: str
    dispatched_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None


RowChange = OrderRow | ReturnRow | StatusUpdate


def span_of(order_number: str) -> Span:
    """Span the rows of one order."""
    name = f"{_ORDER}{order_number}"
    return Span(low=name, high=f"{name}{_BEHIND_RETURNS}", at_once=ROWS_AT_ONCE)


def span_behind(order_number: str) -> Span:
    """Span the rows of all orders whose numbers come after this one."""
    low = f"{_ORDER}{order_number}{_BEHIND_RETURNS}"
    return Span(low=low, high=AFTER_ALL_ROWS, at_once=ROWS_AT_ONCE)


def row_write(change: RowChange) -> Write:
    """Write what a change does to its row."""
    match change:
        case OrderRow(order=order, version=version):
            return Put(row=f"{_ORDER}{order.order_number}", values=_order_values(order, version))
        case ReturnRow(order_number=order_number, returned=returned, version=version):
            row = f"{_ORDER}{order_number}{_RETURN}{returned.credit_note_number}"
            return Put(row=row, values=_return_values(returned, version))
        case StatusUpdate(order_number=order_number):
            return Update(row=f"{_ORDER}{order_number}", values=_status_values(change))


def read_orders(items: Iterable[Item]) -> Iterator[OrderRecord]:
    """Put orders together out of their rows, given in the order of their names."""
    for order_number, rows in groupby(items, key=_order_number):
        yield _order(order_number, list(rows))


def version_of(item: Item) -> int:
    """Return the version of the stream that last changed a row."""
    return int(item["version"]["N"])


def _order_number(item: Item) -> str:
    name: str = item["row"]["S"]
    return name.removeprefix(_ORDER).partition(_RETURN)[0]


def _order_values(order: OrderRecord, version: int) -> Item:
    return {
        "placed_at": _instant(order.placed_at),
        "country": {"S": order.country},
        "status": {"S": order.status},
        "lines": _packed(order.lines),
        "dispatched_at": _instant(order.dispatched_at),
        "cancelled_at": _instant(order.cancelled_at),
        "cancel_reason": {"S": order.cancel_reason},
        "version": number(version),
    }


def _return_values(returned: ReturnRecord, version: int) -> Item:
    return {
        "returned_at": _instant(returned.returned_at),
        "lines": _packed(returned.lines),
        "refund_pence": number(returned.refund_pence),
        "version": number(version),
    }


def _status_values(update: StatusUpdate) -> Item:
    values: Item = {"status": {"S": update.status}, "version": number(update.version)}
    if update.dispatched_at is not None:
        values["dispatched_at"] = _instant(update.dispatched_at)
    if update.cancelled_at is not None:
        values["cancelled_at"] = _instant(update.cancelled_at)
    if update.cancel_reason is not None:
        values["cancel_reason"] = {"S": update.cancel_reason}
    return values


def _order(order_number: str, rows: list[Item]) -> OrderRecord:
    first, *behind = rows
    order: OrderRecord = from_plain(
        OrderRecord,
        {
            "order_number": order_number,
            **{name: _text(first[name]) for name in _ORDER_TEXTS},
            "lines": _unpacked(first["lines"]),
        },
    )
    returns = sorted(map(_return, behind), key=lambda each: (each.returned_at, _name_of(each)))
    return replace(order, returns=tuple(returns))


_ORDER_TEXTS = (
    "placed_at",
    "country",
    "status",
    "dispatched_at",
    "cancelled_at",
    "cancel_reason",
)


def _return(item: Item) -> ReturnRecord:
    returned: ReturnRecord = from_plain(
        ReturnRecord,
        {
            "credit_note_number": item["row"]["S"].partition(_RETURN)[2],
            "returned_at": _text(item["returned_at"]),
            "lines": _unpacked(item["lines"]),
            "refund_pence": int(item["refund_pence"]["N"]),
        },
    )
    return returned


def _name_of(returned: ReturnRecord) -> str:
    return returned.credit_note_number


def _instant(instant: datetime | None) -> Item:
    return {"NULL": True} if instant is None else {"S": write_instant(instant)}


def _text(value: Item) -> str | None:
    return value.get("S")


def _packed(lines: tuple[Any, ...]) -> Item:
    # An item may have 400 KB: 2,000 lines with long descriptions have more, and pack to a tenth.
    return {"B": zlib.compress(json.dumps(to_plain(lines), separators=(",", ":")).encode())}


def _unpacked(value: Item) -> Any:
    return json.loads(zlib.decompress(value["B"]))
