"""Changes to the catalogue: listing, pricing and moving stock.

Stock is moved under row locks taken in the order of the products' ids, whoever moves it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import structlog
from django.db import IntegrityError, connection, transaction

from event_contracts.streams import NO_PRODUCT, product_stream
from monolith.catalogue import events
from monolith.catalogue.models import Price, Product, StockLevel, TradeCount
from monolith.catalogue.queries import ProductNotFound, get_product, normal_code
from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from event_contracts.catalogue import ProductBecameAvailable, ProductSoldOut
    from monolith.catalogue.queries import CountedTrade

    StockEvent = ProductBecameAvailable | ProductSoldOut

# Lists of stock codes are parted by commas and tildes.
_STOCK_CODE = re.compile(r"[!-+\--}]{1,32}")

logger = structlog.get_logger(__name__)

LARGEST_AMOUNT_PENCE = LARGEST_QUANTITY = 2**31 - 1

_MOVE_STOCK = """
UPDATE catalogue_stocklevel AS stock SET quantity = stock.quantity + moved.change
FROM unnest(%s::bigint[], %s::int[]) AS moved (product_id, change)
WHERE stock.product_id = moved.product_id
"""

__all__ = [
    "InvalidPrice",
    "InvalidStockCode",
    "OutOfStock",
    "PriceUnchanged",
    "ProductAlreadyListed",
    "ProductNotFound",
    "StockWouldBeNegative",
    "adjust_stock",
    "change_price",
    "list_product",
    "record_trade_counts",
    "return_stock",
    "take_stock",
]


class InvalidPrice(Exception):
    """A price is not a positive number of pence."""

    def __init__(self, price_pence: int) -> None:
        super().__init__(f"{price_pence} pence is not a price")


class InvalidStockCode(Exception):
    """A stock code is not printable ASCII without a space, a comma and a tilde."""

    def __init__(self, stock_code: str) -> None:
        super().__init__(f"{stock_code!r} is not a stock code")


class ProductAlreadyListed(Exception):
    """The stock code is taken."""

    def __init__(self, stock_code: str) -> None:
        super().__init__(f"product {stock_code} is listed already")


class PriceUnchanged(Exception):
    """The product costs exactly this already."""

    def __init__(self, stock_code: str, price_pence: int) -> None:
        super().__init__(f"product {stock_code} costs {price_pence} pence already")


class StockWouldBeNegative(Exception):
    """More would leave the shelf than lies on it."""

    def __init__(self, stock_code: str, quantity: int, change: int) -> None:
        super().__init__(f"{quantity} of {stock_code} in stock, cannot change by {change}")


class OutOfStock(Exception):
    """There is less of a product than an order wants."""

    def __init__(self, stock_code: str, wanted: int, available: int) -> None:
        super().__init__(f"{available} of {stock_code} in stock, {wanted} wanted")
        self.stock_code, self.wanted, self.available = stock_code, wanted, available


@transaction.atomic
def list_product(
    *, stock_code: str, description: str, price_pence: int, quantity: int, listed_at: datetime
) -> Product:
    """Put a product on sale at a price, with its first stock.

    Raises:
        InvalidPrice: the price is not positive.
        InvalidStockCode: the stock code could not name the product's stream.
        ProductAlreadyListed: the stock code is taken.
        StockWouldBeNegative: the quantity is below zero.
    """
    code = normal_code(stock_code)
    if not _STOCK_CODE.fullmatch(code) or code == NO_PRODUCT:
        raise InvalidStockCode(code)
    _check_price(price_pence)
    if quantity < 0:
        raise StockWouldBeNegative(code, 0, quantity)
    product = _create_product(code, description, listed_at)
    price = Price.objects.create(
        product=product, amount_pence=price_pence, effective_from=listed_at
    )
    stock = StockLevel.objects.create(product=product, quantity=quantity)
    recording.record(
        events.product_listed(product, price, stock),
        stream=product_stream(code),
        occurred_at=listed_at,
    )
    return product


@transaction.atomic
def change_price(*, stock_code: str, price_pence: int, effective_at: datetime) -> Price:
    """Give a product another price from an instant on; the last word about an instant holds.

    Raises:
        InvalidPrice: the price is not positive.
        PriceUnchanged: this is the price at that instant already.
        ProductNotFound: there is no such product.
    """
    _check_price(price_pence)
    product = _lock_product(stock_code)
    earlier = product.prices.filter(effective_from__lte=effective_at)
    old = earlier.order_by("-effective_from").first()
    if old is not None and old.amount_pence == price_pence:
        raise PriceUnchanged(product.stock_code, price_pence)
    price, _ = Price.objects.update_or_create(
        product=product, effective_from=effective_at, defaults={"amount_pence": price_pence}
    )
    recording.record(
        events.price_changed(product, price, old_price_pence=old.amount_pence if old else 0),
        stream=product_stream(product.stock_code),
        occurred_at=effective_at,
    )
    return price


@transaction.atomic
def adjust_stock(*, stock_code: str, change: int, reason: str, adjusted_at: datetime) -> int:
    """Correct how many pieces there are and return the new quantity; the log keeps the reason.

    Raises:
        ProductNotFound: there is no such product.
        StockWouldBeNegative: there are fewer pieces than should go.
    """
    product = get_product(stock_code=stock_code)
    stock = _lock_stock([product.pk])[product.pk]
    after = stock.quantity + change
    if not 0 <= after <= LARGEST_QUANTITY:
        raise StockWouldBeNegative(product.stock_code, stock.quantity, change)
    for stream, event in _move([stock], {product.pk: change}, adjusted_at).items():
        recording.record(event, stream=stream, occurred_at=adjusted_at)
    logger.info("stock_adjusted", stock_code=product.stock_code, change=change, reason=reason)
    return after


@transaction.atomic(savepoint=False)
def take_stock(*, quantities: Mapping[int, int], taken_at: datetime) -> dict[str, StockEvent]:
    """Take pieces off the shelf, by product id: all or nothing, inside the caller's transaction.

    Returns what has to be recorded, by stream: the caller records it in stream order with its own
    events, when it has taken all its other locks.

    Raises:
        OutOfStock: there are too few of a product.
    """
    stocks = _lock_stock(quantities)
    for product_id, wanted in quantities.items():
        stock = stocks[product_id]
        if stock.quantity < wanted:
            raise OutOfStock(stock.product.stock_code, wanted, stock.quantity)
    return _move(stocks.values(), {key: -taken for key, taken in quantities.items()}, taken_at)


@transaction.atomic(savepoint=False)
def return_stock(*, quantities: Mapping[int, int], returned_at: datetime) -> dict[str, StockEvent]:
    """Put pieces back on the shelf, by product id, inside the caller's transaction.

    Returns what has to be recorded, by stream, as `take_stock` does.
    """
    return _move(_lock_stock(quantities).values(), quantities, returned_at)


@transaction.atomic
def record_trade_counts(*, counted: Iterable[CountedTrade], counted_until: datetime) -> int:
    """Take down what came out differently than last time; return of how many products.

    A product that is not counted keeps what it had. Unknown stock codes are left out.
    """
    wanted = {each.stock_code: each for each in counted}
    changed = dict(_changed_counts(wanted))
    TradeCount.objects.bulk_create(
        changed.values(),
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["product"],
        update_fields=["order_count", "popular_in", "also_bought"],
    )
    for code in sorted(changed):
        event = events.product_trade_counted(code, changed[code], counted_until)
        recording.record(event, stream=product_stream(code), occurred_at=counted_until)
    return len(changed)


def _changed_counts(wanted: Mapping[str, CountedTrade]) -> Iterator[tuple[str, TradeCount]]:
    products = Product.objects.filter(stock_code__in=wanted).select_related("counted")
    for product in products.defer("search"):
        known, each = getattr(product, "counted", None), wanted[product.stock_code]
        count = TradeCount(
            product=product,
            order_count=each.order_count,
            popular_in=list(each.popular_in),
            also_bought=list(each.also_bought),
        )
        if known is None or _said(known) != _said(count):
            yield product.stock_code, count


def _said(count: TradeCount) -> tuple[int, list[str], list[str]]:
    return count.order_count, count.popular_in, count.also_bought


def _check_price(price_pence: int) -> None:
    if not 0 < price_pence <= LARGEST_AMOUNT_PENCE:
        raise InvalidPrice(price_pence)


def _create_product(code: str, description: str, listed_at: datetime) -> Product:
    try:
        with transaction.atomic():
            return Product.objects.create(
                stock_code=code, description=description, listed_at=listed_at
            )
    except IntegrityError as error:
        if "catalogue_product_stock_code_unique" in str(error):
            raise ProductAlreadyListed(code) from error
        raise


def _lock_product(stock_code: str) -> Product:
    product = get_product(stock_code=stock_code)
    return Product.objects.select_for_update(no_key=True).get(pk=product.pk)


def _lock_stock(product_ids: Iterable[int]) -> dict[int, StockLevel]:
    # The one order in which stock is ever locked: two orders of the same products cannot deadlock.
    rows = StockLevel.objects.select_for_update(no_key=True, of=("self",)).order_by("product_id")
    rows = rows.select_related("product").only("quantity", "product__stock_code")
    return {row.pk: row for row in rows.filter(pk__in=product_ids)}


def _move(
    stocks: Iterable[StockLevel], changes: Mapping[int, int], at: datetime
) -> dict[str, StockEvent]:
    """Move stock whose rows are locked; return the crossings of zero by stream."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_STOCK, [list(changes), list(changes.values())])
    crossings: dict[str, StockEvent] = {}
    for stock in stocks:
        code, before = stock.product.stock_code, stock.quantity
        after = before + changes[stock.pk]
        if before > 0 and after == 0:
            crossings[product_stream(code)] = events.product_sold_out(code, at)
        if before == 0 and after > 0:
            crossings[product_stream(code)] = events.product_became_available(code, at)
    return crossings
