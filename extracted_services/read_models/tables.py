"""Copies of streams in a DynamoDB table: one partition each, its head first, then its rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from extracted_services.read_models.items import (
    AFTER_ALL_ROWS,
    FIRST_ROW,
    HEAD_ROW,
    Action,
    Copy,
    Item,
    Put,
    Span,
    Write,
    read_copy,
    read_head,
    read_place,
    write_head,
    write_place,
)
from extracted_services.read_models.projecting import Head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from types_boto3_dynamodb import DynamoDBClient

LARGEST_TRANSACTION = 100
# DynamoDB takes 4 MB. What is measured here is a text somewhat longer than what it counts.
LARGEST_TRANSACTION_BYTES = 4_000_000
# Items looked through per call when copies are listed: a few hundred kilobytes.
SCANNED_AT_ONCE = 3_000


class HeadMoved(Exception):
    """Somebody else changed the copy meanwhile: read its head again and decide again."""


class RowMissing(Exception):
    """The event changes a row that the complete copy does not have."""


class Table(Protocol):
    """What keeps copies: DynamoDB, or the memory of a test."""

    def find_head(self, key: str) -> Head | None:
        """Return how far a copy has come; None if nothing was heard of its stream."""

    def find_row(self, key: str, row: str) -> Item | None:
        """Return a row by its name, if it is there."""

    def rows(self, key: str, span: Span) -> Iterator[Item]:
        """Read the rows of a span one after the other, in the order of their names or against it.

        Whoever stops early has not read all of them.
        """

    def read(self, key: str) -> Copy:
        """Read all that is kept of a copy at one go."""

    def list_keys(self, after: str | None) -> tuple[list[str], str | None]:
        """List some of the copies that have a head, in no order, and where to go on; None: end.

        Raises:
            ValueError: `after` is nothing that this returned.
        """

    def write(
        self,
        key: str,
        writes: Sequence[Write],
        *,
        expected: Head | None,
        head: Head,
        replacement: str | None = None,
    ) -> None:
        """Make all the changes, or none that a reader would take for a complete copy.

        With `replacement` (an event's id) the copy has no other rows afterwards.

        Raises:
            HeadMoved: the head is not, or no longer, the expected one.
            RowMissing: a row to update is not there.
        """

    def close(self) -> None:
        """Close the connections."""


def connect(table_name: str, *, key_name: str) -> DynamoDBTable:
    """Return a table, at AWS_ENDPOINT_URL if that is set; `key_name` tells its copies apart."""
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
    return DynamoDBTable(boto3.client("dynamodb", config=config), table_name, key_name=key_name)


class DynamoDBTable:
    """Copies in DynamoDB; every read is strongly consistent."""

    def __init__(self, client: DynamoDBClient, table_name: str, *, key_name: str) -> None:
        """Keep copies in this table, by a partition key of this name and the sort key `row`."""
        self._client = client
        self._table_name = table_name
        self._key_name = key_name

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def find_head(self, key: str) -> Head | None:
        """See `Table`."""
        item = self._find(key, HEAD_ROW)
        return read_head(item) if item else None

    def find_row(self, key: str, row: str) -> Item | None:
        """See `Table`."""
        return self._find(key, row)

    def rows(self, key: str, span: Span) -> Iterator[Item]:
        """See `Table`."""
        asked = self._range(key, span.low, span.high) | {"ScanIndexForward": not span.backwards}
        if span.at_once is not None:
            asked |= {"Limit": span.at_once}
        if span.where is not None:
            asked |= {"FilterExpression": span.where.expression}
            asked["ExpressionAttributeNames"] |= span.where.names
            asked["ExpressionAttributeValues"] |= span.where.values
        return self._query(asked)

    def read(self, key: str) -> Copy:
        """See `Table`: a query over the whole partition."""
        return read_copy(self._query(self._range(key, HEAD_ROW, AFTER_ALL_ROWS)))

    def list_keys(self, after: str | None) -> tuple[list[str], str | None]:
        """See `Table`: a scan for heads, that reads, and pays for, their rows as well."""
        going_on: Any = {"ExclusiveStartKey": self._key(*read_place(after))} if after else {}
        page = self._client.scan(
            TableName=self._table_name,
            FilterExpression="#row = :head",
            ProjectionExpression="#key",
            ExpressionAttributeNames={"#row": "row", "#key": self._key_name},
            ExpressionAttributeValues={":head": {"S": HEAD_ROW}},
            Limit=SCANNED_AT_ONCE,
            **going_on,
        )
        keys = [item[self._key_name]["S"] for item in page["Items"]]
        stopped_at = page.get("LastEvaluatedKey")
        return keys, self._place(stopped_at) if stopped_at else None

    def write(
        self,
        key: str,
        writes: Sequence[Write],
        *,
        expected: Head | None,
        head: Head,
        replacement: str | None = None,
    ) -> None:
        """See `Table`: one transaction; a replacement too large for one, in fenced steps."""
        actions = [self._action(key, write) for write in writes]
        if replacement is None:
            self._transact(self._put_head(key, expected, head), actions)
            return
        # The head is the first row of a copy that is written: without one there is none to delete.
        stored = self._deletions(key, writes) if expected else ()
        steps = _steps([*actions, *stored])
        if len(steps) == 1:
            self._transact(self._put_head(key, expected, head), steps[0])
            return
        # Until the last step the head says that the rows are incomplete, and whose they are:
        # one that was overtaken, by its own redelivery say, cannot write another row.
        *others, last = steps
        replacing = Head(as_of=head.as_of, replacing=replacement)
        self._transact(self._put_head(key, expected, replacing), [])
        for step in others:
            self._transact(self._check_head(key, replacing), step)
        self._transact(self._put_head(key, replacing, head), last)

    def _deletions(self, key: str, writes: Sequence[Write]) -> Iterator[Action]:
        kept = {write.row for write in writes}
        stored = self._query(self._range(key, FIRST_ROW, AFTER_ALL_ROWS))
        for row in (item["row"]["S"] for item in stored):
            if row not in kept:
                yield {"Delete": {"Key": self._key(key, row)}}

    def _transact(self, head_action: Action, row_actions: Sequence[Action]) -> None:
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

    def _find(self, key: str, row: str) -> Item | None:
        answer = self._client.get_item(
            TableName=self._table_name, Key=self._key(key, row), ConsistentRead=True
        )
        return answer.get("Item")

    def _query(self, parameters: Item) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name, ConsistentRead=True, **parameters
        )
        return (item for page in pages for item in page["Items"])

    def _range(self, key: str, low: str, high: str) -> Item:
        return {
            "KeyConditionExpression": "#key = :key AND #row BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#key": self._key_name, "#row": "row"},
            "ExpressionAttributeValues": {
                ":key": {"S": key},
                ":low": {"S": low},
                ":high": {"S": high},
            },
        }

    def _key(self, key: str, row: str) -> Item:
        return {self._key_name: {"S": key}, "row": {"S": row}}

    def _place(self, item: Item) -> str:
        return write_place(item[self._key_name]["S"], item["row"]["S"])

    def _action(self, key: str, write: Write) -> Action:
        if isinstance(write, Put):
            return {"Put": {"Item": self._key(key, write.row) | write.values}}
        names = {f"#{name}": name for name in ("row", *write.values)}
        return {
            "Update": {
                "Key": self._key(key, write.row),
                "UpdateExpression": "SET "
                + ", ".join(f"#{name} = :{name}" for name in write.values),
                "ConditionExpression": "attribute_exists(#row)",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {f":{k}": v for k, v in write.values.items()},
            }
        }

    def _put_head(self, key: str, expected: Head | None, head: Head) -> Action:
        item = self._key(key, HEAD_ROW) | write_head(head)
        return {"Put": {"Item": item, **_is_head(expected)}}

    def _check_head(self, key: str, expected: Head) -> Action:
        return {"ConditionCheck": {"Key": self._key(key, HEAD_ROW), **_is_head(expected)}}


def _is_head(expected: Head | None) -> Item:
    if expected is None:
        return {
            "ConditionExpression": "attribute_not_exists(#row)",
            "ExpressionAttributeNames": {"#row": "row"},
        }
    item = write_head(expected)
    return {
        "ConditionExpression": " AND ".join(f"{name} = :{name}" for name in item),
        "ExpressionAttributeValues": {f":{name}": value for name, value in item.items()},
    }


def _steps(actions: Iterable[Action]) -> list[list[Action]]:
    """Split actions into as many as one transaction takes beside the head's."""
    steps: list[list[Action]] = [[]]
    size = 0
    for action in actions:
        more = len(json.dumps(action, default=repr))
        is_full = len(steps[-1]) == LARGEST_TRANSACTION - 1
        if steps[-1] and (is_full or size + more > LARGEST_TRANSACTION_BYTES):
            steps.append([])
            size = 0
        steps[-1].append(action)
        size += more
    return steps
