"""Products of the trade before events: loaded in bulk, without a fact for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from event_contracts.streams import product_stream
from monolith.catalogue.models import TradeCount
from monolith.catalogue.queries import product_ids
from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from monolith.catalogue.queries import CountedTrade

_RESERVE_IDS = """
SELECT nextval(pg_get_serial_sequence('catalogue_product', 'id')) FROM generate_series(1, %s)
"""
_PRODUCTS = "COPY catalogue_product (id, stock_code, description, listed_at) FROM STDIN"
_PRICES = "COPY catalogue_price (product_id, amount_pence, effective_from) FROM STDIN"
_STOCK = "COPY catalogue_stocklevel (product_id, quantity) FROM STDIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyProduct:
    """A product as the old trade knew it; `prices` are (instant from which it holds, pence)."""

    stock_code: str
    description: str
    listed_at: datetime
    prices: tuple[tuple[datetime, int], ...]
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProducts:
    """How many products were new, and how many were there already and left alone."""

    loaded: int
    skipped: int


@transaction.atomic
def load_products(products: Iterable[LegacyProduct]) -> LoadedProducts:
    """Load products with all their prices and their stock, and start their streams at version 1.

    Products whose stock code is there already are left as they are. Stock codes are in upper case.
    """
    given = {product.stock_code: product for product in products}
    present = product_ids(stock_codes=given)
    new = [product for code, product in given.items() if code not in present]
    _copy(new)
    recording.start_streams(product_stream(product.stock_code) for product in new)
    return LoadedProducts(loaded=len(new), skipped=len(present))


@transaction.atomic
def load_trade_counts(counted: Iterable[CountedTrade]) -> int:
    """Load what the old trade says about products, without events; return of how many.

    Products that have been counted already, and unknown stock codes, are left alone.
    """
    wanted = {each.stock_code: each for each in counted}
    ids = product_ids(stock_codes=wanted)
    counts = [
        TradeCount(
            product_id=ids[code],
            order_count=each.order_count,
            popular_in=list(each.popular_in),
            also_bought=list(each.also_bought),
        )
        for code, each in wanted.items()
        if code in ids
    ]
    TradeCount.objects.bulk_create(counts, batch_size=1_000, ignore_conflicts=True)
    return len(counts)


def _copy(products: Sequence[LegacyProduct]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE_IDS, [len(products)])
        rows = [(row[0], product) for row, product in zip(cursor, products, strict=True)]
        with cursor.copy(_PRODUCTS) as copy:
            for key, product in rows:
                copy.write_row((key, product.stock_code, product.description, product.listed_at))
        with cursor.copy(_PRICES) as copy:
            for key, product in rows:
                for instant, pence in product.prices:
                    copy.write_row((key, pence, instant))
        with cursor.copy(_STOCK) as copy:
            for key, product in rows:
                copy.write_row((key, product.quantity))
