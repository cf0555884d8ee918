"""The search index, opened: one SQLite file that never changes; indexing.py builds it."""

from __future__ import annotations

import json
import sqlite3
from array import array
from functools import cached_property
from typing import TYPE_CHECKING

from event_contracts.catalogue_search import (
    PRICE_BANDS,
    SIMILAR_ENOUGH,
    SMALLEST_SIMILARITY,
    FoundProduct,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AVAILABLE = 8
"""The bit beside the number of a price band."""

# The most similar word and what comes near it, by the trigrams in common: pg_trgm's similarity.
_NEAREST = """
WITH shared AS (
    SELECT word, count(*) AS common FROM trigram
    WHERE trigram IN (SELECT value FROM json_each(:trigrams)) GROUP BY word
), similar AS (
    SELECT word, 1.0 * common / (:size + trigrams - common) AS similarity
    FROM shared JOIN word USING (word)
)
SELECT word FROM similar
WHERE similarity >= max(:smallest, :enough * (SELECT max(similarity) FROM similar))
ORDER BY word
"""


def trigrams_of(word: str) -> set[str]:
    """Return the trigrams of a word as pg_trgm has them, with blanks around it."""
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def band_of(price_pence: int) -> int:
    """Return the number of a price's band, from 1."""
    return sum(price_pence >= band.from_pence for band in PRICE_BANDS)


class Index:
    """An index that was opened to be read. Several threads may ask it at the same time."""

    def __init__(self, path: Path) -> None:
        """Open the file at a path; it may be unlinked afterwards."""
        self._connection = sqlite3.connect(
            f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        # A page that was looked at once is not copied again: the file never changes.
        self._connection.execute("PRAGMA mmap_size = 1073741824")

    @cached_property
    def as_of(self) -> int:
        """The sum of the versions of all product streams in it."""
        return self._number("SELECT value FROM meta WHERE name = 'as_of'")

    @cached_property
    def facets(self) -> bytes:
        """The number of the price band, and the bit AVAILABLE, of each product by its number."""
        return self._column("facets")

    @cached_property
    def lengths(self) -> bytes:
        """How many different words each product has, by its number."""
        return self._column("lengths")

    @cached_property
    def likings(self) -> dict[str, frozenset[int]]:
        """The products that are popular in a country, by its name."""
        rows = self._connection.execute("SELECT country, products FROM liked").fetchall()
        return {country: frozenset(array("I", products)) for country, products in rows}

    @cached_property
    def _columns(self) -> dict[str, array[int]]:
        return {}

    def ordered(self, sort: str) -> array[int]:
        """Return the numbers of all products in an order."""
        return self._numbers(f"{sort}-order")

    def places(self, sort: str) -> array[int]:
        """Return the place in an order of each product, by its number."""
        return self._numbers(f"{sort}-places")

    def find_stream(self, stock_code: str) -> tuple[int, int | None] | None:
        """Return a stream's version and the product's number, if it is on sale; None: unknown."""
        row = self._connection.execute(
            "SELECT version, product FROM stream WHERE stock_code = ?", [stock_code]
        ).fetchone()
        return (row[0], row[1]) if row else None

    def list_stock_codes(self, after: str, limit: int) -> list[str]:
        """List the stock codes of all products, on sale or not, in their order."""
        rows = self._connection.execute(
            "SELECT stock_code FROM stream WHERE stock_code > ? ORDER BY stock_code LIMIT ?",
            [after, limit],
        )
        return [code for (code,) in rows]

    def match(self, expression: str) -> list[int]:
        """Return the numbers of the products that match an FTS5 expression, ascending."""
        # One text of all numbers is read in a third of the time that as many rows take.
        row = self._connection.execute(
            "SELECT json_group_array(rowid)"
            " FROM (SELECT rowid FROM text WHERE text MATCH ? ORDER BY rowid)",
            [expression],
        )
        numbers: list[int] = json.loads(row.fetchone()[0])
        return numbers

    def has_word(self, word: str, *, is_beginning: bool) -> bool:
        """Tell whether any product has a word, or one that begins with it."""
        # The sign behind z: no word has it.
        until = f"{word}{{" if is_beginning else word
        return bool(
            self._number(
                "SELECT EXISTS (SELECT 1 FROM word WHERE word BETWEEN ? AND ?)", word, until
            )
        )

    def nearest_words(self, word: str) -> tuple[str, ...]:
        """Return the words that are most similar to one that no product has, if any is enough."""
        trigrams = trigrams_of(word)
        parameters = {
            "trigrams": json.dumps(sorted(trigrams)),
            "size": len(trigrams),
            "smallest": SMALLEST_SIMILARITY,
            "enough": SIMILAR_ENOUGH,
        }
        return tuple(found for (found,) in self._connection.execute(_NEAREST, parameters))

    def find_products(self, numbers: Sequence[int]) -> list[FoundProduct]:
        """Return products by their numbers, in the order given."""
        rows = self._connection.execute(
            "SELECT id, stock_code, description, price_pence, is_available, order_count, popular_in"
            " FROM product WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(numbers))],
        )
        found = {number: _found_product(values) for number, *values in rows}
        return [found[number] for number in numbers]

    def also_bought(self, number: int) -> tuple[str, ...]:
        """Return the stock codes of what is often bought with a product."""
        row = self._connection.execute("SELECT also_bought FROM product WHERE id = ?", [number])
        return tuple(json.loads(row.fetchone()[0]))

    def _number(self, statement: str, *parameters: object) -> int:
        return int(self._connection.execute(statement, parameters).fetchone()[0])

    def _column(self, name: str) -> bytes:
        row = self._connection.execute("SELECT data FROM column_of WHERE name = ?", [name])
        return bytes(row.fetchone()[0])

    def _numbers(self, name: str) -> array[int]:
        if name not in self._columns:
            self._columns[name] = array("I", self._column(name))
        return self._columns[name]


def _found_product(values: Sequence[object]) -> FoundProduct:
    stock_code, description, price_pence, is_available, order_count, popular_in = values
    return FoundProduct(
        stock_code=str(stock_code),
        description=str(description),
        price_pence=int(str(price_pence)),
        is_available=bool(is_available),
        order_count=int(str(order_count)),
        popular_in=tuple(json.loads(str(popular_in))),
    )
