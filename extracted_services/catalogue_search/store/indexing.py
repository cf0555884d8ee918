"""Building the search index: one SQLite file, whole, from all products; index.py reads it.

Products are numbered in the order of their relevance: the fewest different words first, of those
what is ordered most. So whatever matches comes out of FTS5 in its order, without a rank for each.
What is counted lies beside it in columns, a byte or four per product, that are read into memory
once.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from typing import TYPE_CHECKING

from event_contracts.catalogue_search import (
    NAME,
    NEWEST,
    POPULAR,
    PRICE_HIGH,
    PRICE_LOW,
    text_of,
    words_of,
)
from event_contracts.streams import NO_PRODUCT
from extracted_services.catalogue_search.store.index import AVAILABLE, band_of, trigrams_of
from extracted_services.lambda_support.stemming import stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from extracted_services.catalogue_search.view import Product, ProductRow

FORM = 2
"""Raised when the same products make another index: a publisher then builds it anew."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (stock_code TEXT PRIMARY KEY, version INTEGER NOT NULL, product INTEGER)
    WITHOUT ROWID;
CREATE TABLE product (
    id INTEGER PRIMARY KEY, stock_code TEXT NOT NULL, description TEXT NOT NULL,
    price_pence INTEGER NOT NULL, is_available INTEGER NOT NULL, order_count INTEGER NOT NULL,
    popular_in TEXT NOT NULL, also_bought TEXT NOT NULL
);
CREATE VIRTUAL TABLE text USING fts5 (
    stems, content = '', columnsize = 0, tokenize = 'ascii', prefix = '2 3'
);
CREATE TABLE word (word TEXT PRIMARY KEY, trigrams INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE trigram (trigram TEXT, word TEXT, PRIMARY KEY (trigram, word)) WITHOUT ROWID;
CREATE TABLE column_of (name TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE liked (country TEXT PRIMARY KEY, products BLOB NOT NULL) WITHOUT ROWID;
"""

_LONGEST = 255  # what a byte holds


def build(path: Path, products: Iterable[Product], *, at: datetime) -> None:
    """Build an index at a path where there is none, with the prices in force at an instant."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody reads it before it is whole: neither a journal nor a lock is needed.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
        connection.execute("BEGIN")
        _Building(connection, list(products), at).fill()
        connection.execute("INSERT INTO text (text) VALUES ('optimize')")
        connection.execute("COMMIT")
    finally:
        connection.close()


class _Building:
    def __init__(
        self, connection: sqlite3.Connection, products: list[Product], at: datetime
    ) -> None:
        self._connection = connection
        self._all = products
        self._stems = {each.stock_code: _stems(each) for each in products}
        found = [each for each in products if _is_on_sale(each, at)]
        self._prices = {each.stock_code: each.price_pence(at) or 0 for each in found}
        self._found = sorted(found, key=self._relevance)

    def fill(self) -> None:
        self._insert("product", map(self._row, self._numbered()))
        self._insert(
            "text",
            ((n, " ".join(self._stems[p.stock_code])) for n, p in self._numbered()),
            columns="(rowid, stems)",
        )
        numbers = {product.stock_code: number for number, product in self._numbered()}
        self._insert(
            "stream",
            ((p.stock_code, p.version, numbers.get(p.stock_code)) for p in self._all),
        )
        counted = (p.version for p in self._all if p.stock_code != NO_PRODUCT)
        self._insert("meta", [("as_of", sum(counted))])
        self._fill_words()
        self._fill_columns()

    def _fill_words(self) -> None:
        words = {word for stems in self._stems.values() for word in stems}
        self._insert("word", ((word, len(trigrams_of(word))) for word in words))
        self._insert("trigram", ((each, word) for word in words for each in trigrams_of(word)))

    def _fill_columns(self) -> None:
        facets = bytes([0, *(self._facet(product) for _, product in self._numbered())])
        lengths = bytes([0, *(min(self._length(p), _LONGEST) for _, p in self._numbered())])
        self._insert("column_of", [("facets", facets), ("lengths", lengths)])
        for sort, key in self._sort_keys().items():
            order = sorted(range(1, len(self._found) + 1), key=lambda n: key(self._found[n - 1]))
            places = array("I", bytes(4 * (len(order) + 1)))
            for place, number in enumerate(order):
                places[number] = place
            columns = [(f"{sort}-order", array("I", order)), (f"{sort}-places", places)]
            self._insert("column_of", ((name, column.tobytes()) for name, column in columns))
        liked: dict[str, array[int]] = {}
        for number, product in self._numbered():
            for country in product.trade.popular_in if product.trade else ():
                liked.setdefault(country, array("I")).append(number)
        self._insert("liked", ((name, numbers.tobytes()) for name, numbers in liked.items()))

    def _sort_keys(self) -> dict[str, Callable[[Product], tuple[object, ...]]]:
        return {
            NAME: _ties,
            PRICE_LOW: lambda each: (self._prices[each.stock_code], *_ties(each)),
            PRICE_HIGH: lambda each: (-self._prices[each.stock_code], *_ties(each)),
            NEWEST: lambda each: (-_row_of(each).listed_at.timestamp(), *_ties(each)),
            POPULAR: lambda each: (-_orders(each), *_ties(each)),
        }

    def _numbered(self) -> Iterator[tuple[int, Product]]:
        return enumerate(self._found, start=1)

    def _relevance(self, product: Product) -> tuple[object, ...]:
        return (self._length(product), -_orders(product), *_ties(product))

    def _length(self, product: Product) -> int:
        return len({*self._stems[product.stock_code]})

    def _facet(self, product: Product) -> int:
        is_available = _row_of(product).is_available
        return band_of(self._prices[product.stock_code]) + AVAILABLE * is_available

    def _row(self, numbered: tuple[int, Product]) -> tuple[object, ...]:
        number, each = numbered
        row, trade = _row_of(each), each.trade
        return (
            number,
            each.stock_code,
            row.description,
            self._prices[each.stock_code],
            row.is_available,
            trade.order_count if trade else 0,
            json.dumps(trade.popular_in if trade else ()),
            json.dumps(trade.also_bought if trade else ()),
        )

    def _insert(self, table: str, rows: Iterable[Sequence[object]], *, columns: str = "") -> None:
        rows = iter(rows)
        first = next(rows, None)
        if first is not None:
            marks = ", ".join("?" * len(first))
            statement = f"INSERT INTO {table} {columns} VALUES ({marks})"  # noqa: S608 - our names
            self._connection.execute(statement, first)
            self._connection.executemany(statement, rows)


def _stems(product: Product) -> list[str]:
    description = product.product.description if product.product else ""
    text = text_of(product.stock_code, description) if product.product else ""
    return [stem(word) for word in words_of(text)]


def _is_on_sale(product: Product, at: datetime) -> bool:
    row = product.product
    return row is not None and not row.is_withdrawn and product.price_pence(at) is not None


def _row_of(product: Product) -> ProductRow:
    assert product.product is not None  # noqa: S101 - only what is on sale is asked
    return product.product


def _orders(product: Product) -> int:
    return product.trade.order_count if product.trade else 0


def _ties(product: Product) -> tuple[str, str]:
    return (_row_of(product).description, product.stock_code)
