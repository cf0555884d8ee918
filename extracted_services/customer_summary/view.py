"""What the service keeps of a customer: what each order contributed, and the sum of it all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from event_contracts.customer_summary import OrderMark
from extracted_services.read_models.items import Item, Put, number

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOMER_ID = "customer_id"
"""What tells the copies in the table apart."""

SUMMARY = "summary"
BEFORE_ORDERS, AFTER_ORDERS = "order#", "order$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many pieces of a product were kept, and what it was called when it was ordered."""

    pieces: int
    description: str


Products = dict[str, Kept]
"""By stock code; those of which nothing was kept are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """What one order contributes to the sum: all of it, or, once cancelled, only that it was."""

    mark: OrderMark
    ordered_pence: int
    returned_pence: int = 0
    products: Products = field(default_factory=dict)
    is_cancelled: bool = False

    @property
    def row(self) -> str:
        """The row's name: names sort as the orders were placed."""
        return order_row_name(self.mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """The sum over all orders as of a version. What `Counted` tells follows from it alone."""

    version: int
    order_count: int = 0
    cancelled_count: int = 0
    ordered_pence: int = 0
    returned_pence: int = 0
    first_order: OrderMark | None = None
    last_order: OrderMark | None = None
    products: Products = field(default_factory=dict)

    @property
    def row(self) -> str:
        """The row's name."""
        return SUMMARY


Row = OrderRow | SummaryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What is kept of that which an event touches.

    `order` is the order that it changes. `before` and `after` are the nearest orders that are not
    cancelled: to them an order hands on that it was the last, or the first.
    """

    summary: SummaryRow
    order: OrderRow | None = None
    before: OrderMark | None = None
    after: OrderMark | None = None


def order_row_name(mark: OrderMark) -> str:
    """Name the row of an order."""
    # Always with microseconds, so that the text sorts as the instant does.
    placed_at = mark.placed_at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{BEFORE_ORDERS}{placed_at}#{mark.order_number}"


def row_write(row: Row) -> Put:
    """Write a row as the table takes it: every change writes its rows whole."""
    values = _order_values(row) if isinstance(row, OrderRow) else _summary_values(row)
    return Put(row=row.row, values=values)


def read_order(item: Item) -> OrderRow:
    """Read an order's row back."""
    return OrderRow(
        mark=_read_mark(item["row"]["S"]),
        ordered_pence=int(item["ordered_pence"]["N"]),
        returned_pence=int(item["returned_pence"]["N"]),
        products=_read_products(item["products"]),
        is_cancelled=item["is_cancelled"]["BOOL"],
    )


def read_summary(item: Item) -> SummaryRow:
    """Read the sum back."""
    return SummaryRow(
        version=int(item["version"]["N"]),
        order_count=int(item["order_count"]["N"]),
        cancelled_count=int(item["cancelled_count"]["N"]),
        ordered_pence=int(item["ordered_pence"]["N"]),
        returned_pence=int(item["returned_pence"]["N"]),
        first_order=_read_mark_or_null(item["first_order"]),
        last_order=_read_mark_or_null(item["last_order"]),
        products=_read_products(item["products"]),
    )


def _order_values(order: OrderRow) -> Item:
    return {
        "ordered_pence": number(order.ordered_pence),
        "returned_pence": number(order.returned_pence),
        "products": _write_products(order.products),
        "is_cancelled": {"BOOL": order.is_cancelled},
    }


def _summary_values(summary: SummaryRow) -> Item:
    return {
        "version": number(summary.version),
        "order_count": number(summary.order_count),
        "cancelled_count": number(summary.cancelled_count),
        "ordered_pence": number(summary.ordered_pence),
        "returned_pence": number(summary.returned_pence),
        "first_order": _write_mark_or_null(summary.first_order),
        "last_order": _write_mark_or_null(summary.last_order),
        "products": _write_products(summary.products),
    }


def _write_products(products: Mapping[str, Kept]) -> Item:
    return {
        "M": {
            code: {"L": [number(kept.pieces), {"S": kept.description}]}
            for code, kept in products.items()
        }
    }


def _read_products(value: Item) -> Products:
    return {
        code: Kept(pieces=int(entry["L"][0]["N"]), description=entry["L"][1]["S"])
        for code, entry in value["M"].items()
    }


def _write_mark_or_null(mark: OrderMark | None) -> Item:
    return {"S": order_row_name(mark)} if mark else {"NULL": True}


def _read_mark_or_null(value: Item) -> OrderMark | None:
    return _read_mark(value["S"]) if "S" in value else None


def _read_mark(name: str) -> OrderMark:
    _, placed_at, order_number = name.split("#", 2)
    return OrderMark(order_number=order_number, placed_at=datetime.fromisoformat(placed_at))
