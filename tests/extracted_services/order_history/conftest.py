from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extracted_services.order_history.store import Store, connect
from tests.extracted_services.order_history.in_memory_store import InMemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extracted_services.order_history.store import DynamoDBStore


@pytest.fixture
def in_memory_store() -> InMemoryStore:
    return InMemoryStore()


@pytest.fixture
def dynamodb_store(table_name: str) -> Iterator[DynamoDBStore]:
    store = connect(table_name)
    yield store
    store.close()


@pytest.fixture(
    params=["in_memory_store", pytest.param("dynamodb_store", marks=pytest.mark.platform)]
)
def store(request: pytest.FixtureRequest) -> Store:
    """Give each kind of store in turn."""
    kept_in: Store = request.getfixturevalue(request.param)
    return kept_in
