"""What the service keeps: one head and many order rows per customer, and how each is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from event_contracts.order_history import Cursor, ListedOrder

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_ROW = "#"
BEFORE_ORDERS, AFTER_ORDERS = "order#", "order$"

Item = dict[str, Any]
Action = dict[str, Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a customer's history has come.

    `as_of` is the version that the rows reflect. While `awaiting_snapshot` it is the newest version
    that was let go: a snapshot must be at least as new. While `replacing` (the id of a snapshot's
    event) it is the version of that snapshot, of which only some rows are written yet.
    """

    as_of: int
    awaiting_snapshot: bool = False
    replacing: str | None = None

    @property
    def is_complete(self) -> bool:
        """Tell whether the rows are the customer's whole history."""
        return not self.awaiting_snapshot and self.replacing is None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order, and the version of the customer's stream that last changed it."""

    order: ListedOrder
    version: int

    @property
    def place(self) -> Cursor:
        """Where the row stands in the history."""
        return Cursor.at(self.order)

    @property
    def status(self) -> str:
        """The order's status."""
        return self.order.status

    @property
    def returned_pence(self) -> int:
        """What was refunded of the order so far."""
        return self.order.returned_pence


@dataclass(frozen=True, slots=True, kw_only=True)
class RowUpdate:
    """New values for a row that is there already; None leaves a value as it is."""

    place: Cursor
    version: int
    status: str | None = None
    returned_pence: int | None = None


RowChange = OrderRow | RowUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is kept of a customer: the head, if there is one, and the rows, newest first."""

    head: Head | None
    rows: tuple[OrderRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that one event changes, valid only while the head is still the `expected` one.

    With `replacement` (an event id) the rows given are the whole history: any other row goes.
    """

    customer_id: str
    expected: Head | None
    head: Head
    rows: tuple[RowChange, ...] = ()
    replacement: str | None = None


def row_prefix(instant: datetime) -> str:
    """Begin the names of the orders of one instant; sorts before and after those of others."""
    # Always with microseconds, so that the text sorts as the instant does.
    return f"order#{instant.astimezone(UTC).isoformat(timespec='microseconds')}"


def row_name(place: Cursor) -> str:
    """Name the row of an order: names sort as the history does."""
    return f"{row_prefix(place.placed_at)}#{place.order_number}"


def row_key(customer_id: str, row: str) -> Item:
    """Key an item."""
    return {"customer_id": {"S": customer_id}, "row": {"S": row}}


def write_place(key: Item) -> str:
    """Write an item's key as one word, for somebody who will go on behind it."""
    return f"{key['customer_id']['S']}~{key['row']['S']}"


def read_place(text: str) -> Item:
    """Read an item's key back.

    Raises:
        ValueError: it is none.
    """
    customer_id, tilde, row = text.partition("~")
    if not customer_id or not tilde or not row:
        raise ValueError(f"not a place in the list: {text!r}")
    return row_key(customer_id, row)


def number(value: int) -> Item:
    """Write a number as DynamoDB takes it."""
    return {"N": str(value)}


def write_head(head: Head) -> Item:
    """Write a head's attributes."""
    return {
        "as_of": number(head.as_of),
        "awaiting_snapshot": {"BOOL": head.awaiting_snapshot},
        "replacing": {"S": head.replacing} if head.replacing else {"NULL": True},
    }


def read_head(item: Item) -> Head:
    """Read a head back."""
    return Head(
        as_of=int(item["as_of"]["N"]),
        awaiting_snapshot=item["awaiting_snapshot"]["BOOL"],
        replacing=item["replacing"].get("S"),
    )


def row_values(row: RowChange) -> Item:
    """Write the attributes that a change gives to its row."""
    numbers = {"version": row.version, "returned_pence": row.returned_pence}
    if isinstance(row, OrderRow):
        numbers |= {"item_count": row.order.item_count, "total_pence": row.order.total_pence}
    values = {name: number(value) for name, value in numbers.items() if value is not None}
    if isinstance(row, OrderRow):
        values |= {"owner": {"S": str(row.order.customer_id)}}
    return values if row.status is None else values | {"status": {"S": row.status}}


def read_history(items: Iterable[Item]) -> History:
    """Read back all that is kept of a customer, given in the order of the items' names."""
    head, rows = None, []
    for item in items:
        if item["row"]["S"] == HEAD_ROW:
            head = read_head(item)
        else:
            rows.append(read_row(item))
    return History(head=head, rows=tuple(reversed(rows)))


def read_row(item: Item) -> OrderRow:
    """Read an order's row back."""
    _, placed_at, order_number = item["row"]["S"].split("#", 2)
    order = ListedOrder(
        # What was stored before rows knew their owner belongs to whose partition it lies in.
        customer_id=int((item.get("owner") or item["customer_id"])["S"]),
        order_number=order_number,
        placed_at=datetime.fromisoformat(placed_at),
        status=item["status"]["S"],
        item_count=int(item["item_count"]["N"]),
        total_pence=int(item["total_pence"]["N"]),
        returned_pence=int(item["returned_pence"]["N"]),
    )
    return OrderRow(order=order, version=int(item["version"]["N"]))


def is_head(expected: Head | None) -> Item:
    """Write the condition that the head is still this one."""
    if expected is None:
        return {"ConditionExpression": "attribute_not_exists(customer_id)"}
    item = write_head(expected)
    return {
        "ConditionExpression": " AND ".join(f"{name} = :{name}" for name in item),
        "ExpressionAttributeValues": {f":{name}": value for name, value in item.items()},
    }


def row_action(customer_id: str, row: RowChange) -> Action:
    """Write what a transaction does to a row."""
    key, values = row_key(customer_id, row_name(row.place)), row_values(row)
    if isinstance(row, OrderRow):
        return {"Put": {"Item": key | values}}
    names = {f"#{name}": name for name in ("row", *values)}
    return {
        "Update": {
            "Key": key,
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ConditionExpression": "attribute_exists(#row)",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }
    }
