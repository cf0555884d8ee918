from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extracted_services.customer_summary.store import SummaryStore
from extracted_services.customer_summary.view import CUSTOMER_ID
from extracted_services.read_models.tables import DynamoDBTable
from tests.extracted_services.customer_summary.customers import in_memory_summaries

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def in_memory_store() -> SummaryStore:
    return in_memory_summaries()


@pytest.fixture
def dynamodb_store(dynamodb: DynamoDBClient, table_name: str) -> SummaryStore:
    return SummaryStore(DynamoDBTable(dynamodb, table_name, key_name=CUSTOMER_ID))
