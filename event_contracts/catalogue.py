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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTradeCounted:
    """A product's orders were counted up to an instant, and something came out differently.

    `popular_in` are the countries that order it most, `also_bought` the stock codes of what most
    often goes with it, the best first.
    """

    stock_code: str
    counted_until: datetime
    order_count: int
    popular_in: tuple[str, ...]
    also_bought: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """A price and the instant from which it holds."""

    price_pence: int
    effective_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSnapshotTaken:
    """All that is true of a product. `prices` are those it has had, has and will get, in order."""

    stock_code: str
    description: str
    listed_at: datetime
    is_withdrawn: bool
    is_available: bool
    prices: tuple[PricePoint, ...]
    order_count: int
    popular_in: tuple[str, ...]
    also_bought: tuple[str, ...]
