"""Events for the outbox to carry; what they tell does not matter here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from event_contracts.catalogue import ProductSoldOut
from monolith.outbox import recording

if TYPE_CHECKING:
    from uuid import UUID

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def sold_out(stock_code: str = "85123A") -> ProductSoldOut:
    return ProductSoldOut(stock_code=stock_code, sold_out_at=NOON)


def record(stream: str = "product/1", event: object | None = None) -> UUID:
    """Record one event in a block of its own, which need not be the whole transaction."""
    with transaction.atomic():
        return recording.record(event or sold_out(), stream=stream, occurred_at=NOON)


def commit(stream: str, count: int = 1) -> list[UUID]:
    """Record events in one transaction each, and commit."""
    return [record(stream) for _ in range(count)]
