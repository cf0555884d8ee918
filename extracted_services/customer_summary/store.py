"""Where summaries are kept: one partition of a DynamoDB table per customer (keys: README.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.customer_summary import OrderMark
from event_contracts.ordering import ItemsReturned, OrderCancelled
from extracted_services.customer_summary.view import (
    AFTER_ORDERS,
    BEFORE_ORDERS,
    CUSTOMER_ID,
    SUMMARY,
    Row,
    SummaryRow,
    Touched,
    order_row_name,
    read_order,
    read_summary,
    row_write,
)
from extracted_services.read_models import tables
from extracted_services.read_models.items import Filter, Span
from extracted_services.read_models.stores import ReadModelStore

if TYPE_CHECKING:
    from extracted_services.read_models.tables import Table

# Rows looked through per call for a neighbour: hardly ever is more than one of them cancelled.
NEIGHBOURS_AT_ONCE = 5
_NOT_CANCELLED = Filter(
    expression="#is_cancelled = :no",
    names={"#is_cancelled": "is_cancelled"},
    values={":no": {"BOOL": False}},
)


class SummaryStore(ReadModelStore[Row]):
    """Summaries in a table: DynamoDB's, or the memory of a test."""

    def __init__(self, table: Table) -> None:
        """Keep summaries in this table."""
        super().__init__(table, row_write)

    def find_summary(self, customer_id: str) -> SummaryRow | None:
        """Return the sum over a customer's orders, if there is one."""
        item = self.table.find_row(customer_id, SUMMARY)
        return read_summary(item) if item else None

    def touched_by(self, event: object, *, customer_id: str) -> Touched:
        """Read what an event touches. True only as long as the head is the one read before it."""
        summary = self.find_summary(customer_id) or SummaryRow(version=0)
        if not isinstance(event, OrderCancelled | ItemsReturned):
            return Touched(summary=summary)
        mark = OrderMark(order_number=event.order_number, placed_at=event.placed_at)
        item = self.table.find_row(customer_id, order_row_name(mark))
        order = read_order(item) if item else None
        if isinstance(event, ItemsReturned):
            return Touched(summary=summary, order=order)
        return Touched(
            summary=summary,
            order=order,
            before=self._find_beyond(customer_id, mark, BEFORE_ORDERS, order_row_name(mark)),
            after=self._find_beyond(customer_id, mark, order_row_name(mark), AFTER_ORDERS),
        )

    def _find_beyond(
        self, customer_id: str, mark: OrderMark, low: str, high: str
    ) -> OrderMark | None:
        span = Span(
            low=low,
            high=high,
            backwards=low == BEFORE_ORDERS,
            at_once=NEIGHBOURS_AT_ONCE,
            where=_NOT_CANCELLED,
        )
        orders = map(read_order, self.table.rows(customer_id, span))
        others = (order.mark for order in orders if order.mark != mark and not order.is_cancelled)
        return next(others, None)


def connect(table_name: str) -> SummaryStore:
    """Return the store in this DynamoDB table, at AWS_ENDPOINT_URL if that is set."""
    return SummaryStore(tables.connect(table_name, key_name=CUSTOMER_ID))
