"""Facts about products. Of stock, only crossing in or out of availability is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductListed:
    """A product went on sale: the first fact of its stream."""

    stock_code: str
    description: str
    price_pence: int
    is_available: bool
    listed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged:
    """A product's price changed from one instant on."""

    stock_code: str
    old_price_pence: int
    new_price_pence: int
    effective_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSoldOut:
    """The last piece left the shelf."""

    stock_code: str
    sold_out_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductBecameAvailable:
    """There is stock again."""

    stock_code: str
    available_at: datetime
