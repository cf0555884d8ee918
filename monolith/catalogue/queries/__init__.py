"""Reads of the catalogue: one product, what it costs, which match a search."""

from __future__ import annotations

from monolith.catalogue.queries.products import (
    Offer,
    PricePoint,
    ProductCard,
    ProductDetail,
    ProductNotFound,
    cards,
    current_prices,
    get_product,
    get_product_detail,
    list_cards,
    list_offers,
    normal_code,
    product_ids,
)
from monolith.catalogue.queries.search import search_catalogue
from monolith.catalogue.queries.states import (
    CountedTrade,
    count_products,
    get_product_state,
    known_stock_codes,
    list_stock_codes,
)

__all__ = [
    "CountedTrade",
    "Offer",
    "PricePoint",
    "ProductCard",
    "ProductDetail",
    "ProductNotFound",
    "cards",
    "count_products",
    "current_prices",
    "get_product",
    "get_product_detail",
    "get_product_state",
    "known_stock_codes",
    "list_cards",
    "list_offers",
    "list_stock_codes",
    "normal_code",
    "product_ids",
    "search_catalogue",
]
