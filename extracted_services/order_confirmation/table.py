"""The service's own DynamoDB table: one item per contact that is kept, one per letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KEY = "key"

Item = dict[str, Any]


class Table:
    """Items by their keys; every read is strongly consistent."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        """Use this table."""
        self._client = client
        self._name = name

    def find(self, key: str) -> Item | None:
        """Return an item, if it is there."""
        answer = self._client.get_item(
            TableName=self._name, Key={KEY: {"S": key}}, ConsistentRead=True
        )
        return answer.get("Item")

    def put(self, key: str, values: Item, *, provided: str, **values_compared: int | str) -> bool:
        """Write an item whole if a condition holds; tell whether it did.

        The condition may name attributes as `#name`, and what it compares with as `:name`.
        """
        compared = {f":{name}": _value(value) for name, value in values_compared.items()}
        try:
            self._client.put_item(
                TableName=self._name,
                Item={KEY: {"S": key}} | values,
                ConditionExpression=provided,
                ExpressionAttributeNames=_names_in(provided),
                ExpressionAttributeValues=compared,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def connect(name: str) -> Table:
    """Return the table of this name, at AWS_ENDPOINT_URL if that is set."""
    # Half of a cold start, and not needed to import the handlers.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
    )
    return Table(boto3.client("dynamodb", config=config), name)


def number(value: int) -> Item:
    """Write a number as DynamoDB takes it."""
    return {"N": str(value)}


def _value(value: int | str) -> Item:
    return number(value) if isinstance(value, int) else {"S": value}


def _names_in(condition: str) -> dict[str, str]:
    words = condition.replace("(", " ").replace(")", " ").split()
    return {word: word[1:] for word in words if word.startswith("#")}
