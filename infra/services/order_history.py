"""The stack of extracted_services/order_history."""

from __future__ import annotations

from typing import Any

from event_contracts.ordering import OrderHistorySnapshotTaken
from event_contracts.streams import CUSTOMER
from infra.building_blocks.projection_service import ProjectionService


def add(scope: Any) -> ProjectionService:
    """Add the service that answers "what has this customer ordered?"."""
    return ProjectionService(
        scope,
        service="order_history",
        question="What has this customer ordered?",
        stream_kinds=(CUSTOMER,),
        snapshots=(OrderHistorySnapshotTaken,),
        partition_key="customer_id",
        sort_key="row",
        routes=("/customers/{id}/orders", "/customers/checksums", "/customers"),
    )
