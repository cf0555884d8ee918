"""Made-up gifts, as many as wanted, always the same ones, and what people would ask about them.

Few words are in many names and most in few (Zipf), and more gifts have more words (Heaps), as in
the real trade: 3,514 gifts of it have some 2,000 words, the commonest in one name of twelve.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from event_contracts.catalogue_search import PRICE_BANDS, CatalogueSearchQuery
from extracted_services.catalogue_search.view import PriceRow, Product, ProductRow, TradeRow
from monolith.catalogue.legacy import LegacyProduct
from monolith.catalogue.queries import CountedTrade

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

COUNTRIES = ("EIRE", "France", "Germany", "Norway", "Spain", "United Kingdom")
MOST_LIKED = 100
_ENDINGS = ("", "s", "ed", "ing", "er", "y")
_SYLLABLES = [first + vowel for first in "bcdfghklmnprstvw" for vowel in "aeiou"]
_PENCE = (42, 65, 85, 125, 165, 195, 255, 295, 375, 495, 795, 1275)
_COMMONEST_BEGIN_AT = 6


class Assortment:
    """So many gifts."""

    def __init__(self, count: int, *, at: datetime) -> None:
        """Make them up, on sale since an instant."""
        self._chance = random.Random(count)
        words = self._words(round(32 * count**0.5))
        weights = accumulate(1 / (rank + _COMMONEST_BEGIN_AT) for rank in range(len(words)))
        self._words_by_weight = words, list(weights)
        self.products = [self._product(number, at) for number in range(count)]

    def trade(self) -> list[CountedTrade]:
        """Say how often each was ordered, and where it is liked."""
        return [
            CountedTrade(
                stock_code=product.stock_code,
                order_count=len(self.products) // (number + 1),
                popular_in=tuple(
                    country
                    for offset, country in enumerate(COUNTRIES)
                    if offset * 20 <= number < offset * 20 + MOST_LIKED
                ),
            )
            for number, product in enumerate(self.products)
        ]

    def questions(self, count: int) -> list[CatalogueSearchQuery]:
        """Ask in every way, about words as often as they are in names."""
        ways = list(self._ways())
        return [ways[number % len(ways)](number) for number in range(count)]  # type: ignore[operator]

    def _ways(self) -> Iterator[object]:
        def words(count: int) -> str:
            product = self._chance.choice(self.products)
            return " ".join(self._chance.sample(product.description.lower().split(), count))

        plain = CatalogueSearchQuery()
        yield lambda _: replace(plain, words=words(1))
        yield lambda _: replace(plain, words=words(2))
        yield lambda _: replace(plain, words=words(1)[:4])
        yield lambda _: replace(plain, words=_mistyped(words(1)))
        yield lambda _: replace(plain, words=words(2), available_only=True)
        yield lambda n: replace(plain, words=words(1), price_band=PRICE_BANDS[n % 5].name)
        yield lambda n: replace(plain, words=words(1), popular_in=COUNTRIES[n % 6])
        yield lambda _: replace(plain, words=words(1), sort="price_low")
        yield lambda n: replace(plain, page=1 + n % 40)
        yield lambda n: replace(plain, sort="popular", price_band=PRICE_BANDS[n % 5].name)

    def _words(self, count: int) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < count:
            syllables = self._chance.choices(_SYLLABLES, k=self._chance.choice((2, 2, 3)))
            found["".join(syllables) + self._chance.choice(_ENDINGS)] = None
        return list(found)

    def _product(self, number: int, at: datetime) -> LegacyProduct:
        words, weights = self._words_by_weight
        chosen = self._chance.choices(words, cum_weights=weights, k=self._chance.randint(3, 6))
        return LegacyProduct(
            stock_code=f"M{number}",
            description=" ".join(chosen).upper(),
            listed_at=at,
            prices=((at, self._chance.choice(_PENCE)),),
            quantity=self._chance.choice((0, 3, 20, 20)),
        )


def kept(products: Sequence[LegacyProduct], trade: Sequence[CountedTrade]) -> Iterator[Product]:
    """Return what the service keeps once it has heard of these."""
    for product, counted in zip(products, trade, strict=True):
        row = ProductRow(
            description=product.description,
            listed_at=product.listed_at,
            is_available=product.quantity > 0,
            version=1,
        )
        ((instant, pence),) = product.prices
        yield Product(
            stock_code=product.stock_code,
            version=1,
            product=row,
            prices=(PriceRow(effective_at=instant, price_pence=pence, version=1),),
            trade=TradeRow(
                order_count=counted.order_count,
                popular_in=counted.popular_in,
                also_bought=counted.also_bought,
                version=1,
            ),
        )


def _mistyped(word: str) -> str:
    middle = len(word) // 2
    return word[:middle] + "x" + word[middle + 1 :]
