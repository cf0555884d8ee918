"""Events for the outbox to carry; what they tell does not matter here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from event_contracts.catalogue import ProductSoldOut
from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from event_contracts.envelope import Envelope

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def sold_out(stock_code: str = "85123A") -> ProductSoldOut:
    return ProductSoldOut(stock_code=stock_code, sold_out_at=NOON)


def ids_of(recorded: Iterable[Envelope]) -> list[UUID]:
    """Return the events' ids of what `recording.record` returned."""
    return [each.event_id for each in recorded]


def commit(stream: str, count: int = 1) -> list[Envelope]:
    """Record events in one transaction each, and commit."""
    recorded = []
    for _ in range(count):
        with transaction.atomic():
            recorded.append(recording.record(sold_out(), stream=stream, occurred_at=NOON))
    return recorded
