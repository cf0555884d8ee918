"""What an event changes about a product. Pure: no store, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from event_contracts.catalogue import (
    PriceChanged,
    ProductBecameAvailable,
    ProductListed,
    ProductSnapshotTaken,
    ProductSoldOut,
    ProductTradeCounted,
)
from event_contracts.registry import EVENT_TYPES
from event_contracts.streams import PRODUCT, stream_key, stream_kind
from extracted_services.catalogue_search.view import (
    AvailabilityUpdate,
    PriceRow,
    ProductRow,
    RowChange,
    TradeRow,
)
from extracted_services.read_models.projecting import Projection

if TYPE_CHECKING:
    from event_contracts.envelope import Envelope

READS = frozenset({"catalogue"})
"""The apps whose facts matter here; those of others only move the version on."""

SNAPSHOTS = frozenset({EVENT_TYPES[ProductSnapshotTaken]})
"""The snapshots that are taken over here; any other is left alone, known or not."""


def product_of(envelope: Envelope) -> str | None:
    """Return the stock code that an event is about: none, if its stream is not a product's."""
    stream = envelope.stream
    return stream_key(stream) if stream_kind(stream) == PRODUCT else None


def _rows_of(snapshot: ProductSnapshotTaken, version: int) -> tuple[RowChange, ...]:
    product = ProductRow(
        description=snapshot.description,
        listed_at=snapshot.listed_at,
        is_available=snapshot.is_available,
        is_withdrawn=snapshot.is_withdrawn,
        version=version,
    )
    prices = [
        PriceRow(effective_at=each.effective_at, price_pence=each.price_pence, version=version)
        for each in snapshot.prices
    ]
    return (product, *prices, _trade(snapshot, version))


def _rows_after(event: Any, version: int) -> tuple[RowChange, ...]:
    match event:
        case ProductListed():
            return _listed(event, version)
        case PriceChanged(effective_at=instant, new_price_pence=pence):
            return (PriceRow(effective_at=instant, price_pence=pence, version=version),)
        case ProductSoldOut():
            return (AvailabilityUpdate(is_available=False, version=version),)
        case ProductBecameAvailable():
            return (AvailabilityUpdate(is_available=True, version=version),)
        case ProductTradeCounted():
            return (_trade(event, version),)
    return ()


def _listed(event: ProductListed, version: int) -> tuple[RowChange, ...]:
    return (
        ProductRow(
            description=event.description,
            listed_at=event.listed_at,
            is_available=event.is_available,
            version=version,
        ),
        PriceRow(effective_at=event.listed_at, price_pence=event.price_pence, version=version),
    )


def _trade(event: ProductTradeCounted | ProductSnapshotTaken, version: int) -> TradeRow:
    return TradeRow(
        order_count=event.order_count,
        popular_in=event.popular_in,
        also_bought=event.also_bought,
        version=version,
    )


CATALOGUE = Projection(snapshot=ProductSnapshotTaken, rows_of=_rows_of, rows_after=_rows_after)
"""What this service makes of a product's stream."""
