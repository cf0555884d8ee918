"""Where orders are kept: one partition of a DynamoDB table per stream (keys: README.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from extracted_services.order_detail.view import (
    STREAM,
    RowChange,
    read_orders,
    row_write,
    span_behind,
    span_of,
    version_of,
)
from extracted_services.read_models import tables
from extracted_services.read_models.stores import ReadModelStore
from extracted_services.read_models.tables import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from event_contracts.ordering import OrderRecord
    from extracted_services.read_models.items import Item
    from extracted_services.read_models.projecting import Head
    from extracted_services.read_models.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """All orders of a stream, by their numbers, and the head that they were read with."""

    head: Head | None
    orders: tuple[OrderRecord, ...]


class Answering(Protocol):
    """What questions about single orders are answered from."""

    def find_head(self, key: str) -> Head | None:
        """Return how far a stream's orders have come; None if nothing was heard of it."""

    def find_order(self, stream: str, order_number: str, *, as_of: int) -> OrderRecord | None:
        """Return an order of a stream's.

        Raises:
            HeadMoved: it was changed after version `as_of`.
        """

    def find_order_behind(
        self, stream: str, order_number: str, *, as_of: int
    ) -> OrderRecord | None:
        """Return the order whose number comes next after this one.

        Raises:
            HeadMoved: it was changed after version `as_of`.
        """


class OrderStore(ReadModelStore[RowChange]):
    """Orders in a table: DynamoDB's, or the memory of a test."""

    def __init__(self, table: Table) -> None:
        """Keep orders in this table."""
        super().__init__(table, row_write)

    def find_order(self, stream: str, order_number: str, *, as_of: int) -> OrderRecord | None:
        """See `Answering`: one query over the order's rows."""
        rows = self.table.rows(stream, span_of(order_number))
        return _first(_unchanged(rows, stream, as_of))

    def find_order_behind(
        self, stream: str, order_number: str, *, as_of: int
    ) -> OrderRecord | None:
        """See `Answering`: one query that stops behind the first order."""
        rows = self.table.rows(stream, span_behind(order_number))
        return _first(_unchanged(rows, stream, as_of))

    def read_orders(self, stream: str) -> Orders:
        """Read all orders of a stream at one go, by their numbers.

        Raises:
            HeadMoved: one was changed after the head that was read with it.
        """
        copy = self.table.read(stream)
        rows = copy.rows if copy.head is None else _unchanged(copy.rows, stream, copy.head.as_of)
        return Orders(head=copy.head, orders=tuple(read_orders(rows)))


def connect(table_name: str) -> OrderStore:
    """Return the store in this DynamoDB table, at AWS_ENDPOINT_URL if that is set."""
    return OrderStore(tables.connect(table_name, key_name=STREAM))


def _first(rows: Iterable[Item]) -> OrderRecord | None:
    return next(read_orders(rows), None)


def _unchanged(rows: Iterable[Item], stream: str, as_of: int) -> Iterator[Item]:
    for row in rows:
        if version_of(row) > as_of:
            raise HeadMoved(f"{stream}: {version_of(row)} is after {as_of}")
        yield row
