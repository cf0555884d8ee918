"""The stack of extracted_services/customer_summary."""

from __future__ import annotations

from typing import Any

from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.streams import CUSTOMER
from infra.building_blocks.projection_service import ProjectionService


def add(scope: Any) -> ProjectionService:
    """Add the service that answers "who is this customer to the shop?"."""
    return ProjectionService(
        scope,
        service="customer_summary",
        question="Who is this customer to the shop?",
        stream_kinds=(CUSTOMER,),
        snapshots=(CustomerOrdersSnapshotTaken,),
        partition_key="customer_id",
        sort_key="row",
        routes=("/customers/{id}/summary", "/customers/checksums", "/customers"),
    )
