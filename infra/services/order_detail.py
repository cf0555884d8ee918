"""The stack of extracted_services/order_detail."""

from __future__ import annotations

from typing import Any

from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.streams import CUSTOMER, GUEST_ORDER
from infra.building_blocks.projection_service import ProjectionService


def add(scope: Any) -> ProjectionService:
    """Add the service that answers "what about this order?"."""
    return ProjectionService(
        scope,
        service="order_detail",
        question="What about this order?",
        stream_kinds=(CUSTOMER, GUEST_ORDER),
        snapshots=(CustomerOrdersSnapshotTaken,),
        partition_key="stream",
        sort_key="row",
        routes=("/orders", "/streams/checksums", "/streams"),
    )
