"""What the service keeps: many order rows per customer, and how each is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from event_contracts.order_history import Cursor, ListedOrder
from extracted_services.read_models.items import Item, Put, Update, Write, number

if TYPE_CHECKING:
    from extracted_services.read_models.items import Copy
    from extracted_services.read_models.projecting import Head

CUSTOMER_ID = "customer_id"
"""What tells the copies in the table apart."""

BEFORE_ORDERS, AFTER_ORDERS = "order#", "order$"


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


def row_prefix(instant: datetime) -> str:
    """Begin the names of the orders of one instant; sorts before and after those of others."""
    # Always with microseconds, so that the text sorts as the instant does.
    return f"order#{instant.astimezone(UTC).isoformat(timespec='microseconds')}"


def row_name(place: Cursor) -> str:
    """Name the row of an order: names sort as the history does."""
    return f"{row_prefix(place.placed_at)}#{place.order_number}"


def row_write(row: RowChange) -> Write:
    """Write a change of a row as the table takes it."""
    kind = Put if isinstance(row, OrderRow) else Update
    return kind(row=row_name(row.place), values=_row_values(row))


def _row_values(row: RowChange) -> Item:
    numbers = {"version": row.version, "returned_pence": row.returned_pence}
    if isinstance(row, OrderRow):
        numbers |= {"item_count": row.order.item_count, "total_pence": row.order.total_pence}
    values = {name: number(value) for name, value in numbers.items() if value is not None}
    if isinstance(row, OrderRow):
        values |= {"owner": {"S": str(row.order.customer_id)}}
    return values if row.status is None else values | {"status": {"S": row.status}}


def read_history(kept: Copy) -> History:
    """Read back all that is kept of a customer."""
    return History(head=kept.head, rows=tuple(map(read_row, reversed(kept.rows))))


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
