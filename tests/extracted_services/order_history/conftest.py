from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extracted_services.order_history.store import HistoryStore
from extracted_services.order_history.view import CUSTOMER_ID
from extracted_services.read_models.tables import DynamoDBTable
from tests.extracted_services.order_history.histories import in_memory_histories

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def in_memory_store() -> HistoryStore:
    return in_memory_histories()


@pytest.fixture
def dynamodb_store(dynamodb: DynamoDBClient, table_name: str) -> HistoryStore:
    return HistoryStore(DynamoDBTable(dynamodb, table_name, key_name=CUSTOMER_ID))
