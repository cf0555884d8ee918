"""All that is true of a product, key by key: what snapshots of its stream state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from event_contracts.catalogue import PricePoint, ProductSnapshotTaken
from monolith.catalogue.models import Product, TradeCount

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTrade:
    """What orders say about a product: how many have it, where it sells best, what goes with it."""

    stock_code: str
    order_count: int
    popular_in: tuple[str, ...] = ()
    also_bought: tuple[str, ...] = ()


def list_stock_codes(after: str = "", limit: int = 1_000_000) -> list[str]:
    """List the stock codes of all products, withdrawn ones too, in their order."""
    codes = Product.objects.filter(stock_code__gt=after).order_by("stock_code")
    return list(codes.values_list("stock_code", flat=True)[:limit])


def known_stock_codes(stock_codes: Sequence[str]) -> set[str]:
    """Return which of these products there are."""
    known = Product.objects.filter(stock_code__in=stock_codes)
    return set(known.values_list("stock_code", flat=True))


def count_products() -> int:
    """Count all products, withdrawn ones too."""
    return Product.objects.count()


def get_product_state(stock_code: str) -> ProductSnapshotTaken:
    """Return all that is true of a product now."""
    product = Product.objects.select_related("stock").get(stock_code=stock_code)
    counted = TradeCount.objects.filter(product=product).first()
    return ProductSnapshotTaken(
        stock_code=product.stock_code,
        description=product.description,
        listed_at=product.listed_at,
        is_withdrawn=product.withdrawn_at is not None,
        is_available=product.stock.quantity > 0,
        prices=_prices(product),
        order_count=counted.order_count if counted else 0,
        popular_in=tuple(counted.popular_in) if counted else (),
        also_bought=tuple(counted.also_bought) if counted else (),
    )


def _prices(product: Product) -> tuple[PricePoint, ...]:
    return tuple(
        PricePoint(price_pence=price.amount_pence, effective_at=price.effective_from)
        for price in product.prices.order_by("effective_from")
    )
