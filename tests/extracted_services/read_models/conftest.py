from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extracted_services.read_models.tables import DynamoDBTable, Table
from tests.extracted_services.read_models.in_memory_table import InMemoryTable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def in_memory_table() -> InMemoryTable:
    return InMemoryTable()


@pytest.fixture
def dynamodb_table(dynamodb: DynamoDBClient, table_name: str) -> DynamoDBTable:
    return DynamoDBTable(dynamodb, table_name, key_name="customer_id")


@pytest.fixture(
    params=["in_memory_table", pytest.param("dynamodb_table", marks=pytest.mark.platform)]
)
def table(request: pytest.FixtureRequest) -> Table:
    """Give each kind of table in turn."""
    found: Table = request.getfixturevalue(request.param)
    return found
