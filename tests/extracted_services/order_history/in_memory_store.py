"""Histories in memory: held to DynamoDB's by test_store.py, which runs against both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extracted_services.order_history.store import HeadMoved, RowMissing, select_rows
from extracted_services.order_history.view import (
    Changes,
    Head,
    History,
    OrderRow,
    RowUpdate,
    read_place,
)

if TYPE_CHECKING:
    from event_contracts.order_history import Cursor, OrderHistoryQuery

Rows = dict["Cursor", OrderRow]


class InMemoryStore:
    """Keeps what `DynamoDBStore` keeps, as long as the process lives."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self.rows: dict[str, Rows] = {}

    def find_head(self, customer_id: str) -> Head | None:
        return self.heads.get(customer_id)

    def write(self, changes: Changes) -> None:
        if self.find_head(changes.customer_id) != changes.expected:
            raise HeadMoved(changes.customer_id)
        is_replacement = changes.replacement is not None
        rows = {} if is_replacement else dict(self.rows.get(changes.customer_id, {}))
        for change in changes.rows:
            rows[change.place] = _changed(rows, change)
        self.rows[changes.customer_id] = rows
        self.heads[changes.customer_id] = changes.head

    def read_history(self, customer_id: str) -> History:
        rows = self.rows.get(customer_id, {})
        newest_first = tuple(rows[place] for place in sorted(rows, reverse=True))
        return History(head=self.find_head(customer_id), rows=newest_first)

    def list_customers(self, after: str | None) -> tuple[list[str], str | None]:
        place = read_place(after)["customer_id"]["S"] if after else ""
        customers = sorted(customer for customer in self.heads if customer > place)
        page = customers[:2]
        return page, f"{page[-1]}~#" if len(customers) > len(page) else None

    def list_rows(self, query: OrderHistoryQuery, *, as_of: int) -> list[OrderRow]:
        rows = self.rows.get(str(query.customer_id), {})
        newest_first = [rows[place] for place in sorted(rows, reverse=True)]
        asked = [row for row in newest_first if _is_within(row, query)]
        return select_rows(asked, query, as_of=as_of)


def _changed(rows: Rows, change: OrderRow | RowUpdate) -> OrderRow:
    if isinstance(change, OrderRow):
        return change
    if change.place not in rows:
        raise RowMissing(str(change.place))
    order = rows[change.place].order
    if change.status is not None:
        order = replace(order, status=change.status)
    if change.returned_pence is not None:
        order = replace(order, returned_pence=change.returned_pence)
    return OrderRow(order=order, version=change.version)


def _is_within(row: OrderRow, query: OrderHistoryQuery) -> bool:
    placed_at = row.order.placed_at
    return (query.placed_from is None or placed_at >= query.placed_from) and (
        query.placed_until is None or placed_at < query.placed_until
    )
