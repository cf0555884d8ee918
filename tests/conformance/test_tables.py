"""DynamoDB: the conditions and transactions that projections stand on."""

from __future__ import annotations

import pytest

from tests.conformance.local_platform import unique


@pytest.fixture
def dynamodb(platform):
    return platform.client("dynamodb")


@pytest.fixture
def table(dynamodb):
    name = unique("table")
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "customer_id", "AttributeType": "S"},
            {"AttributeName": "row", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "customer_id", "KeyType": "HASH"},
            {"AttributeName": "row", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def item(row, **numbers):
    values = {name: {"N": str(number)} for name, number in numbers.items()}
    return {"customer_id": {"S": "1"}, "row": {"S": row}} | values


def put(table, row, **numbers):
    return {"Put": {"TableName": table, "Item": item(row, **numbers)}}


def advance(table, *, to):
    """Move the head's version on, from the one just before."""
    return {
        "Update": {
            "TableName": table,
            "Key": item("#"),
            "UpdateExpression": "SET as_of = :to",
            "ConditionExpression": "as_of = :before",
            "ExpressionAttributeValues": {":to": {"N": str(to)}, ":before": {"N": str(to - 1)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def rows(dynamodb, table):
    answer = dynamodb.query(
        TableName=table, ConsistentRead=True, KeyConditionExpression="customer_id = :id",
        ExpressionAttributeValues={":id": {"S": "1"}},
    )  # fmt: skip
    return [row["row"]["S"] for row in answer["Items"]]


def test_failed_condition_is_named_and_shows_the_item(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("#", as_of=3))

    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as caught:
        dynamodb.put_item(
            TableName=table,
            Item=item("#", as_of=4),
            ConditionExpression="attribute_not_exists(customer_id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert caught.value.response["Item"]["as_of"] == {"N": "3"}


def test_transaction_with_a_failed_condition_changes_nothing(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("#", as_of=3))

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=[put(table, "order#1"), advance(table, to=9)])

    first, second = caught.value.response["CancellationReasons"]
    assert (first["Code"], second["Code"]) == ("None", "ConditionalCheckFailed")
    assert second["Item"]["as_of"] == {"N": "3"}
    assert rows(dynamodb, table) == ["#"]


def test_transaction_with_a_known_token_is_applied_once(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("#", as_of=3))
    transaction = [put(table, "order#1"), advance(table, to=4)]

    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=transaction, ClientRequestToken="event-4")

    assert rows(dynamodb, table) == ["#", "order#1"]


def test_query_reads_backwards_in_pages(dynamodb, table):
    for number in range(5):
        dynamodb.put_item(TableName=table, Item=item(f"order#{number}"))
    question = {
        "TableName": table, "ScanIndexForward": False, "Limit": 2,
        "KeyConditionExpression": "customer_id = :id AND begins_with(#row, :orders)",
        "ExpressionAttributeNames": {"#row": "row"},
        "ExpressionAttributeValues": {":id": {"S": "1"}, ":orders": {"S": "order#"}},
    }  # fmt: skip

    first = dynamodb.query(**question)
    second = dynamodb.query(**question, ExclusiveStartKey=first["LastEvaluatedKey"])

    pages = [row["row"]["S"] for row in first["Items"] + second["Items"]]
    assert pages == ["order#4", "order#3", "order#2", "order#1"]


def test_batch_of_twenty_six_is_rejected(dynamodb, table):
    requests = [{"PutRequest": {"Item": item(str(number))}} for number in range(26)]

    with pytest.raises(dynamodb.exceptions.ClientError) as caught:
        dynamodb.batch_write_item(RequestItems={table: requests})

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_absent_table_is_named_so(dynamodb):
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.get_item(TableName="absent", Key=item("#"))
