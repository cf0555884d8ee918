"""Why DynamoDB cancelled a transaction decides what the table makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from extracted_services.read_models.projecting import Head
from extracted_services.read_models.tables import DynamoDBTable, HeadMoved, RowMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    client = boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield client
    client.close()


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["ConditionalCheckFailed", "None"], HeadMoved),
        (["ConditionalCheckFailed", "ConditionalCheckFailed"], HeadMoved),
        (["TransactionConflict", "None"], HeadMoved),
        (["None", "TransactionConflict"], HeadMoved),
        (["None", "ConditionalCheckFailed"], RowMissing),
        (["None", "ThrottlingError"], ClientError),
    ],
    ids=str,
)
def test_cancelled_transaction_is_understood_by_its_reasons(client, codes, expected):
    reasons = [{"Code": code} for code in codes]

    with Stubber(client) as stubber:
        stubber.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": reasons},
        )

        table = DynamoDBTable(client, "order-history", key_name="customer_id")
        with pytest.raises(expected):
            table.write("17850", [], expected=None, head=Head(as_of=1))
