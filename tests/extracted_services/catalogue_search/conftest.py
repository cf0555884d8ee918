from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest

from extracted_services.catalogue_search.store.products import S3Bucket
from tests.extracted_services.catalogue_search.gifts import InMemoryBucket, Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@pytest.fixture
def in_memory_bucket() -> InMemoryBucket:
    return InMemoryBucket()


@pytest.fixture
def s3_bucket(aws_environment: None) -> Iterator[S3Bucket]:
    client = boto3.client("s3")
    name = f"indices-{uuid4().hex}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield S3Bucket(client, name)
    client.close()


@pytest.fixture(params=["in_memory_bucket", pytest.param("s3_bucket", marks=pytest.mark.platform)])
def bucket(request: pytest.FixtureRequest) -> InMemoryBucket | S3Bucket:
    """Give each kind of bucket in turn."""
    found: InMemoryBucket | S3Bucket = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def catalogue_table(dynamodb: DynamoDBClient) -> str:
    """Make a table of its own for one test, with the keys that README.md tells."""
    name = f"catalogue-search-{uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "stock_code", "KeyType": "HASH"},
            {"AttributeName": "row", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "stock_code", "AttributeType": "S"},
            {"AttributeName": "row", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
