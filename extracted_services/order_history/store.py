"""Where histories are kept: one partition of a DynamoDB table per customer (keys: README.md)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Protocol

from event_contracts.order_history import Cursor
from extracted_services.order_history.view import (
    AFTER_ORDERS,
    BEFORE_ORDERS,
    CUSTOMER_ID,
    RowChange,
    read_history,
    read_row,
    row_name,
    row_prefix,
    row_write,
)
from extracted_services.read_models import tables
from extracted_services.read_models.items import Filter, Span, number
from extracted_services.read_models.stores import ReadModelStore
from extracted_services.read_models.tables import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from event_contracts.order_history import OrderHistoryQuery
    from extracted_services.order_history.view import History, OrderRow
    from extracted_services.read_models.projecting import Head
    from extracted_services.read_models.tables import Table

# Rows looked through per call when only some match: nearly every customer's whole history.
FILTERED_AT_ONCE = 500


class Answering(Protocol):
    """What one customer's questions are answered from."""

    def find_head(self, customer_id: str) -> Head | None:
        """Return how far a customer's history has come; None if nothing was heard of them."""

    def list_rows(self, query: OrderHistoryQuery, *, as_of: int) -> list[OrderRow]:
        """List the rows asked for, newest first: one more than the limit if there are more.

        Raises:
            HeadMoved: a row on the way was changed after version `as_of`.
        """


class HistoryStore(ReadModelStore[RowChange]):
    """Histories in a table: DynamoDB's, or the memory of a test."""

    def __init__(self, table: Table) -> None:
        """Keep histories in this table."""
        super().__init__(table, row_write)

    def list_rows(self, query: OrderHistoryQuery, *, as_of: int) -> list[OrderRow]:
        """See `Answering`: page by page from the newest order on, until there are enough."""
        rows = self.table.rows(str(query.customer_id), _newest_first(query, as_of=as_of))
        return select_rows(map(read_row, rows), query, as_of=as_of)

    def read_history(self, customer_id: str) -> History:
        """Read all that is kept of a customer at one go."""
        return read_history(self.table.read(customer_id))


def connect(table_name: str) -> HistoryStore:
    """Return the store in this DynamoDB table, at AWS_ENDPOINT_URL if that is set."""
    return HistoryStore(tables.connect(table_name, key_name=CUSTOMER_ID))


def select_rows(
    newest_first: Iterable[OrderRow], query: OrderHistoryQuery, *, as_of: int
) -> list[OrderRow]:
    """Keep the rows that a query asks for, as `Store.list_rows` promises."""
    return list(islice(_matching(newest_first, query, as_of), query.limit + 1))


def _matching(
    newest_first: Iterable[OrderRow], query: OrderHistoryQuery, as_of: int
) -> Iterator[OrderRow]:
    for row in newest_first:
        if row.version > as_of:
            raise HeadMoved(f"customer {query.customer_id}: {row.version} is after {as_of}")
        is_after_cursor = query.before is None or Cursor.at(row.order) < query.before
        if is_after_cursor and query.status in (None, row.order.status):
            yield row


def _newest_first(query: OrderHistoryQuery, *, as_of: int) -> Span:
    low, high = _bounds(query)
    if query.status is None:
        # One row more tells whether there is a next page; another one may be the cursor's own.
        return Span(low=low, high=high, backwards=True, at_once=query.limit + 2)
    # A row changed since the head was read must be seen, whatever it has become.
    has_status_or_is_newer = Filter(
        expression="#status = :status OR #version > :as_of",
        names={"#status": "status", "#version": "version"},
        values={":status": {"S": query.status}, ":as_of": number(as_of)},
    )
    return Span(
        low=low, high=high, backwards=True, at_once=FILTERED_AT_ONCE, where=has_status_or_is_newer
    )


def _bounds(query: OrderHistoryQuery) -> tuple[str, str]:
    # A bare instant sorts before every row of that instant: included below, excluded above.
    low = row_prefix(query.placed_from) if query.placed_from else BEFORE_ORDERS
    until = row_prefix(query.placed_until) if query.placed_until else AFTER_ORDERS
    before = row_name(query.before) if query.before else AFTER_ORDERS
    return low, max(low, min(until, before))
