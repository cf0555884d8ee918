"""What happened to a product, as the published language says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.catalogue import (
    PriceChanged,
    ProductBecameAvailable,
    ProductListed,
    ProductSoldOut,
    ProductTradeCounted,
)

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.catalogue.models import Price, Product, StockLevel, TradeCount


def product_listed(product: Product, price: Price, stock: StockLevel) -> ProductListed:
    return ProductListed(
        stock_code=product.stock_code,
        description=product.description,
        price_pence=price.amount_pence,
        is_available=stock.quantity > 0,
        listed_at=product.listed_at,
    )


def price_changed(product: Product, price: Price, *, old_price_pence: int) -> PriceChanged:
    return PriceChanged(
        stock_code=product.stock_code,
        old_price_pence=old_price_pence,
        new_price_pence=price.amount_pence,
        effective_at=price.effective_from,
    )


def product_sold_out(stock_code: str, at: datetime) -> ProductSoldOut:
    return ProductSoldOut(stock_code=stock_code, sold_out_at=at)


def product_became_available(stock_code: str, at: datetime) -> ProductBecameAvailable:
    return ProductBecameAvailable(stock_code=stock_code, available_at=at)


def product_trade_counted(
    stock_code: str, counted: TradeCount, until: datetime
) -> ProductTradeCounted:
    return ProductTradeCounted(
        stock_code=stock_code,
        counted_until=until,
        order_count=counted.order_count,
        popular_in=tuple(counted.popular_in),
        also_bought=tuple(counted.also_bought),
    )
