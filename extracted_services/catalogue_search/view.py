"""What the service keeps: a few rows per product, and what is published of all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from event_contracts.plain_values import from_plain, to_plain
from extracted_services.read_models.items import Item, Put, Update, Write, number

if TYPE_CHECKING:
    from extracted_services.read_models.items import Copy

STOCK_CODE = "stock_code"
"""What tells the copies in the table apart."""

PRODUCT_ROW, TRADE_ROW, PRICE_ROWS = "product", "trade", "price#"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """What does not change about a product, and whether there is any."""

    description: str
    listed_at: datetime
    is_available: bool
    version: int
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityUpdate:
    """The product came, or went."""

    is_available: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """A price and the instant from which it holds."""

    effective_at: datetime
    price_pence: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """What orders say about the product."""

    order_count: int
    popular_in: tuple[str, ...]
    also_bought: tuple[str, ...]
    version: int


RowChange = ProductRow | AvailabilityUpdate | PriceRow | TradeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """All that is kept of a product, as of a version of its stream; `prices` by their instants."""

    stock_code: str
    version: int
    product: ProductRow | None = None
    prices: tuple[PriceRow, ...] = ()
    trade: TradeRow | None = None

    def price_pence(self, at: datetime) -> int | None:
        """Return the price in force at an instant; None if none is yet."""
        due = [price.price_pence for price in self.prices if price.effective_at <= at]
        return due[-1] if due else None

    def next_price_at(self, at: datetime) -> datetime | None:
        """Return when the next price takes over, if one is to come."""
        return next((each.effective_at for each in self.prices if each.effective_at > at), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Which index is the current one: the only object of a publication that is ever replaced.

    `index` is the name of the object, `sha256` the digest of its bytes, `state` that of the
    products in it. `beat` is the newest heartbeat that arrived before them. An index that is not
    complete lacks products; one past `due_at` has a price that holds no more. `previous` are the
    indices before it that are kept for whoever is still fetching one, the newest first.
    """

    index: str
    sha256: str
    state: str
    beat: int
    is_complete: bool
    published_at: datetime
    due_at: datetime | None = None
    previous: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Write it as it is stored."""
        return json.dumps(to_plain(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read it back."""
        manifest: Manifest = from_plain(cls, json.loads(text))
        return manifest


def row_write(row: RowChange) -> Write:
    """Write a change of a row as the table takes it."""
    match row:
        case ProductRow():
            return Put(row=PRODUCT_ROW, values=_product_values(row))
        case AvailabilityUpdate():
            values = {"is_available": {"BOOL": row.is_available}, "version": number(row.version)}
            return Update(row=PRODUCT_ROW, values=values)
        case PriceRow():
            instant = row.effective_at.astimezone(UTC).isoformat(timespec="microseconds")
            prices = {"price_pence": number(row.price_pence), "version": number(row.version)}
            return Put(row=f"{PRICE_ROWS}{instant}", values=prices)
        case TradeRow():
            return Put(row=TRADE_ROW, values=_trade_values(row))


def _product_values(row: ProductRow) -> Item:
    return {
        "description": {"S": row.description},
        "listed_at": {"S": row.listed_at.isoformat()},
        "is_available": {"BOOL": row.is_available},
        "is_withdrawn": {"BOOL": row.is_withdrawn},
        "version": number(row.version),
    }


def _trade_values(row: TradeRow) -> Item:
    return {
        "order_count": number(row.order_count),
        "popular_in": _texts(row.popular_in),
        "also_bought": _texts(row.also_bought),
        "version": number(row.version),
    }


def _texts(texts: tuple[str, ...]) -> Item:
    return {"L": [{"S": text} for text in texts]}


def newest_version(kept: Copy) -> int:
    """Return the version of the row that changed last: above the head's, if that moved on."""
    return max((int(item["version"]["N"]) for item in kept.rows), default=0)


def read_product(stock_code: str, kept: Copy) -> Product | None:
    """Read back all that is kept of a product; None while it is not complete."""
    if kept.head is None or not kept.head.is_complete:
        return None
    rows = {item["row"]["S"]: item for item in kept.rows}
    return Product(
        stock_code=stock_code,
        version=kept.head.as_of,
        product=_read_product(rows[PRODUCT_ROW]) if PRODUCT_ROW in rows else None,
        prices=tuple(
            _read_price(name, rows[name]) for name in sorted(rows) if name.startswith(PRICE_ROWS)
        ),
        trade=_read_trade(rows[TRADE_ROW]) if TRADE_ROW in rows else None,
    )


def _read_product(item: Item) -> ProductRow:
    return ProductRow(
        description=item["description"]["S"],
        listed_at=datetime.fromisoformat(item["listed_at"]["S"]),
        is_available=item["is_available"]["BOOL"],
        is_withdrawn=item["is_withdrawn"]["BOOL"],
        version=int(item["version"]["N"]),
    )


def _read_price(name: str, item: Item) -> PriceRow:
    return PriceRow(
        effective_at=datetime.fromisoformat(name.removeprefix(PRICE_ROWS)),
        price_pence=int(item["price_pence"]["N"]),
        version=int(item["version"]["N"]),
    )


def _read_trade(item: Item) -> TradeRow:
    return TradeRow(
        order_count=int(item["order_count"]["N"]),
        popular_in=tuple(each["S"] for each in item["popular_in"]["L"]),
        also_bought=tuple(each["S"] for each in item["also_bought"]["L"]),
        version=int(item["version"]["N"]),
    )
