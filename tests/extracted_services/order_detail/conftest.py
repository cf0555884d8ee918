from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extracted_services.order_detail.store import OrderStore
from extracted_services.order_detail.view import STREAM
from extracted_services.read_models.tables import DynamoDBTable
from tests.extracted_services.order_detail.orders import in_memory_orders

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def key_name() -> str:
    return STREAM


@pytest.fixture
def in_memory_store() -> OrderStore:
    return in_memory_orders()


@pytest.fixture
def dynamodb_store(dynamodb: DynamoDBClient, table_name: str) -> OrderStore:
    return OrderStore(DynamoDBTable(dynamodb, table_name, key_name=STREAM))
