"""Where histories are kept: one DynamoDB table, one partition per customer (keys: README.md).

Every change is conditional on the head that it was decided on: one decided too long ago is refused.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from event_contracts.order_history import Cursor
from extracted_services.order_history.view import (
    AFTER_ORDERS,
    BEFORE_ORDERS,
    HEAD_ROW,
    Action,
    Head,
    History,
    Item,
    OrderRow,
    is_head,
    number,
    read_head,
    read_history,
    read_place,
    read_row,
    row_action,
    row_key,
    row_name,
    row_prefix,
    write_head,
    write_place,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from types_boto3_dynamodb import DynamoDBClient

    from event_contracts.order_history import OrderHistoryQuery
    from extracted_services.order_history.view import Changes

LARGEST_TRANSACTION = 100
# Rows looked through per call when only some match: nearly every customer's whole history.
FILTERED_AT_ONCE = 500
# Items looked through per call when customers are listed: a few hundred kilobytes.
SCANNED_AT_ONCE = 3_000


class HeadMoved(Exception):
    """Somebody else changed the history meanwhile: read its head again and decide again."""


class RowMissing(Exception):
    """The event changes an order that the complete history does not have."""


class Answering(Protocol):
    """What one customer's questions are answered from."""

    def find_head(self, customer_id: str) -> Head | None:
        """Return how far a customer's history has come; None if nothing was heard of them."""

    def list_rows(self, query: OrderHistoryQuery, *, as_of: int) -> list[OrderRow]:
        """List the rows asked for, newest first: one more than the limit if there are more.

        Raises:
            HeadMoved: a row on the way was changed after version `as_of`.
        """


class Store(Answering, Protocol):
    """What keeps histories: DynamoDB, or the memory of a test."""

    def write(self, changes: Changes) -> None:
        """Make all the changes, or none that a reader would take for a complete history.

        Raises:
            HeadMoved: the head is not, or no longer, the expected one.
            RowMissing: a row to update is not there.
        """

    def read_history(self, customer_id: str) -> History:
        """Read all that is kept of a customer at one go."""

    def list_customers(self, after: str | None) -> tuple[list[str], str | None]:
        """List some of the customers who have a head, in no order, and where to go on; None: end.

        Raises:
            ValueError: `after` is nothing that this returned.
        """


class _Decided(Protocol):
    @property
    def changes(self) -> Changes | None: ...


Decided = TypeVar("Decided", bound=_Decided)


def settle(
    store: Store, customer_id: str, decide: Callable[[Head | None], Decided], *, tries: int = 5
) -> Decided:
    """Decide on the head as it is and write what was decided; again, if another was faster.

    Raises:
        HeadMoved: others were faster every time.
        RowMissing: a row to update is not there.
    """
    decided = decide(store.find_head(customer_id))
    try:
        if decided.changes is not None:
            store.write(decided.changes)
    except HeadMoved:
        if tries == 1:
            raise
        return settle(store, customer_id, decide, tries=tries - 1)
    return decided


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


def connect(table_name: str) -> DynamoDBStore:
    """Return the store in this table, at AWS_ENDPOINT_URL if that is set."""
    # Half of a cold start, and not needed to import the handlers.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
        # What goes in is written below and tested; the check costs a tenth of a call.
        parameter_validation=False,
    )
    return DynamoDBStore(boto3.client("dynamodb", config=config), table_name)


class DynamoDBStore:
    """Histories in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Keep histories in this table."""
        self._client = client
        self._table_name = table_name

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def find_head(self, customer_id: str) -> Head | None:
        """Read the head, strongly consistent."""
        key = row_key(customer_id, HEAD_ROW)
        answer = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return read_head(answer["Item"]) if "Item" in answer else None

    def read_history(self, customer_id: str) -> History:
        """Query the whole partition, strongly consistent."""
        return read_history(self._items(_range(customer_id, HEAD_ROW, AFTER_ORDERS)))

    def list_customers(self, after: str | None) -> tuple[list[str], str | None]:
        """Scan a page of the table for heads: their rows are read, and paid for, as well."""
        going_on: Any = {"ExclusiveStartKey": read_place(after)} if after else {}
        page = self._client.scan(
            TableName=self._table_name,
            FilterExpression="#row = :head",
            ProjectionExpression="customer_id",
            ExpressionAttributeNames={"#row": "row"},
            ExpressionAttributeValues={":head": {"S": HEAD_ROW}},
            Limit=SCANNED_AT_ONCE,
            **going_on,
        )
        stopped_at = page.get("LastEvaluatedKey")
        customers = [item["customer_id"]["S"] for item in page["Items"]]
        return customers, write_place(stopped_at) if stopped_at else None

    def list_rows(self, query: OrderHistoryQuery, *, as_of: int) -> list[OrderRow]:
        """Query page by page from the newest order on, until there are enough."""
        items = self._items(_newest_first(query, as_of=as_of))
        return select_rows(map(read_row, items), query, as_of=as_of)

    def write(self, changes: Changes) -> None:
        """Write in one transaction; a replacement that is too large for one, in fenced steps."""
        actions = [row_action(changes.customer_id, row) for row in changes.rows]
        if changes.replacement is not None:
            actions += self._deletions(changes)
        if len(actions) < LARGEST_TRANSACTION or changes.replacement is None:
            self._transact(_put_head(changes.customer_id, changes.expected, changes.head), actions)
        else:
            self._replace(changes, actions)

    def _replace(self, changes: Changes, actions: list[Action]) -> None:
        # Until the last step the head says that the rows are incomplete, and whose they are:
        # one that was overtaken, by its own redelivery say, cannot write another row.
        customer_id, size = changes.customer_id, LARGEST_TRANSACTION - 1
        replacing = Head(as_of=changes.head.as_of, replacing=changes.replacement)
        *steps, last = (actions[start : start + size] for start in range(0, len(actions), size))
        self._transact(_put_head(customer_id, changes.expected, replacing), [])
        for step in steps:
            self._transact(_check_head(customer_id, replacing), step)
        self._transact(_put_head(customer_id, replacing, changes.head), last)

    def _deletions(self, changes: Changes) -> list[Action]:
        kept = {row_name(row.place) for row in changes.rows}
        stored = self._items(_range(changes.customer_id, BEFORE_ORDERS, AFTER_ORDERS))
        return [
            {"Delete": {"Key": {name: item[name] for name in ("customer_id", "row")}}}
            for item in stored
            if item["row"]["S"] not in kept
        ]

    def _transact(self, head_action: Action, row_actions: list[Action]) -> None:
        # botocore adds a token that makes its own retries safe. A token made from the event would
        # not do: a second decision on the same event differs, and would be refused.
        actions: list[Any] = [
            {kind: {"TableName": self._table_name, **action}}
            for each in (head_action, *row_actions)
            for kind, action in each.items()
        ]
        try:
            self._client.transact_write_items(TransactItems=actions)
        except self._client.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code") for reason in error.response["CancellationReasons"]]
            if codes[0] == "ConditionalCheckFailed" or "TransactionConflict" in codes:
                raise HeadMoved(str(error)) from error
            if "ConditionalCheckFailed" in codes:
                raise RowMissing(str(error)) from error
            raise

    def _items(self, parameters: Item) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name, ConsistentRead=True, **parameters
        )
        return (item for page in pages for item in page["Items"])


def _range(customer_id: str, low: str, high: str) -> Item:
    return {
        "KeyConditionExpression": "customer_id = :customer_id AND #row BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#row": "row"},
        "ExpressionAttributeValues": {
            ":customer_id": {"S": customer_id},
            ":low": {"S": low},
            ":high": {"S": high},
        },
    }


def _newest_first(query: OrderHistoryQuery, *, as_of: int) -> Item:
    asked = _range(str(query.customer_id), *_bounds(query))
    # One row more tells whether there is a next page; another one may be the cursor's own.
    asked |= {"ScanIndexForward": False, "Limit": query.limit + 2}
    if query.status is not None:
        # A row changed since the head was read must be seen, whatever it has become.
        asked |= {"FilterExpression": "#status = :status OR #version > :as_of"}
        asked["ExpressionAttributeNames"] |= {"#status": "status", "#version": "version"}
        asked["ExpressionAttributeValues"] |= {
            ":status": {"S": query.status},
            ":as_of": number(as_of),
        }
        asked |= {"Limit": FILTERED_AT_ONCE}
    return asked


def _bounds(query: OrderHistoryQuery) -> tuple[str, str]:
    # A bare instant sorts before every row of that instant: included below, excluded above.
    low = row_prefix(query.placed_from) if query.placed_from else BEFORE_ORDERS
    until = row_prefix(query.placed_until) if query.placed_until else AFTER_ORDERS
    before = row_name(query.before) if query.before else AFTER_ORDERS
    return low, max(low, min(until, before))


def _put_head(customer_id: str, expected: Head | None, head: Head) -> Action:
    return {"Put": {"Item": row_key(customer_id, HEAD_ROW) | write_head(head), **is_head(expected)}}


def _check_head(customer_id: str, expected: Head) -> Action:
    return {"ConditionCheck": {"Key": row_key(customer_id, HEAD_ROW), **is_head(expected)}}
