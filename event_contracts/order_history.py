"""The question "what has this customer ordered?" and its answer, whoever gives it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

PLACED = "placed"
DISPATCHED = "dispatched"
CANCELLED = "cancelled"
ORDER_STATUSES = (PLACED, DISPATCHED, CANCELLED)

DEFAULT_PAGE_SIZE = 20
LARGEST_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSummary:
    """One row of the history. Money in pence; `returned_pence` is what was refunded so far."""

    order_number: str
    placed_at: datetime
    status: str
    item_count: int
    total_pence: int
    returned_pence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrder(OrderSummary):
    """A row of an answer. It says whose order it is, by what is stored of the order itself.

    So a row that came onto somebody else's page tells on itself before anybody is shown it.
    """

    customer_id: int

    @classmethod
    def of(cls, order: OrderSummary, *, customer_id: int) -> ListedOrder:
        """Say whose order a row is."""
        return cls(**_values(order), customer_id=customer_id)

    def without_owner(self) -> OrderSummary:
        """Return the row as events and customers' own programs know it."""
        return OrderSummary(**_values(self))


def _values(order: OrderSummary) -> dict[str, Any]:
    return {field.name: getattr(order, field.name) for field in fields(OrderSummary)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistoryQuery:
    """Which orders to list: newest first, `placed_from` inclusive, `placed_until` exclusive.

    `before` is a cursor: only orders that come after the row it names in the listing.
    """

    customer_id: int
    status: str | None = None
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    before: Cursor | None = None
    limit: int = DEFAULT_PAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistoryPage:
    """One page of the history. `as_of` is the version of the customer's stream that it reflects."""

    customer_id: int
    as_of: int
    orders: tuple[ListedOrder, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrdersPage:
    """The same page for a customer's own program, at the edge: every row is the customer's."""

    customer_id: int
    as_of: int
    orders: tuple[OrderSummary, ...]
    next: str | None


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the listing: the instant and the number of the last row shown.

    Its text is part of the contract: a page begun by one side can be continued by the other.
    """

    placed_at: datetime
    order_number: str

    def __str__(self) -> str:
        return f"{self.placed_at.astimezone(UTC).isoformat()}~{self.order_number}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor back.

        Raises:
            ValueError: the text is not `<aware ISO instant>~<order number>`.
        """
        instant, tilde, order_number = text.partition("~")
        placed_at = datetime.fromisoformat(instant)
        if not tilde or not order_number or placed_at.tzinfo is None:
            msg = f"not a cursor: {text!r}"
            raise ValueError(msg)
        return cls(placed_at, order_number)

    @classmethod
    def at(cls, order: OrderSummary) -> Cursor:
        """Return the place of this row."""
        return cls(order.placed_at, order.order_number)
