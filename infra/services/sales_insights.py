"""The stack of extracted_services/sales_insights."""

from __future__ import annotations

from typing import Any

from event_contracts.catalogue import ProductSnapshotTaken
from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.streams import ANNOUNCEMENT, STREAM_KINDS
from infra.building_blocks.lake_service import LakeService

# An announcement says nothing that the order's own fact does not.
TAKEN_IN = tuple(kind for kind in STREAM_KINDS if kind != ANNOUNCEMENT)


def add(scope: Any) -> LakeService:
    """Add the service that answers "how did the shop do?"."""
    return LakeService(
        scope,
        service="sales_insights",
        question="How did the shop do?",
        stream_kinds=TAKEN_IN,
        snapshots=(CustomerOrdersSnapshotTaken, ProductSnapshotTaken),
        routes=("/insights/{questions}", "/streams/checksums", "/streams"),
    )
