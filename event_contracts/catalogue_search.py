"""The question "which gifts match?" and its answer, whoever gives it, and what its words mean.

Both sides must find the same products. So what is a word, which words are left out and what
quotes, "or" and a minus mean is said here, once; docs/search.md has the rest of the rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RELEVANCE, NAME, PRICE_LOW, PRICE_HIGH, NEWEST, POPULAR = SORT_ORDERS = (
    "relevance",
    "name",
    "price_low",
    "price_high",
    "newest",
    "popular",
)
DEFAULT_PAGE_SIZE = 24
LARGEST_PAGE_SIZE = 200
LAST_PAGE = 100_000
LONGEST_SEARCH = 200
SMALLEST_SIMILARITY = 0.25
"""How much of its trigrams a word that no product has must share with one that stands in."""
SIMILAR_ENOUGH = 0.7499
"""How similar, beside the most similar one of all, another must be to stand in as well.

A little less than three quarters: on a share that two words can have exactly, the rounding of each
side's arithmetic would decide.
"""

STOP_WORDS = frozenset({"a", "an", "and", "for", "in", "of", "on", "the", "to", "with"})
FOLDED_FROM = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿ"
FOLDED_TO = "AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyy"

_FOLDED = str.maketrans(FOLDED_FROM, FOLDED_TO)
_WORD = re.compile("[A-Za-z0-9]+")
_PIECE = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Prices from one amount up to, not including, another; without one there is no limit."""

    name: str
    from_pence: int
    below_pence: int | None


PRICE_BANDS = (
    PriceBand("under-1", 0, 100),
    PriceBand("1-to-2", 100, 200),
    PriceBand("2-to-5", 200, 500),
    PriceBand("5-to-10", 500, 1_000),
    PriceBand("over-10", 1_000, None),
)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text: letters and digits without accents, in small letters."""
    return tuple(word.lower() for word in _WORD.findall(text.translate(_FOLDED)))


def text_of(stock_code: str, description: str) -> str:
    """Return what of a product is searched."""
    return f"{stock_code} {description}"


@dataclass(frozen=True, slots=True)
class Clause:
    """Words that stand side by side in a product's text; most often it is one word."""

    words: tuple[str, ...]

    @property
    def is_phrase(self) -> bool:
        """Whether there are several words: they are meant as they were typed."""
        return len(self.words) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """All of `wanted` and none of `unwanted`. `is_open`: the last word may be still being typed."""

    wanted: tuple[Clause, ...]
    unwanted: tuple[Clause, ...] = ()
    is_open: bool = False

    def is_prefix(self, clause: Clause) -> bool:
        """Tell whether longer words are meant by a clause, too."""
        return self.is_open and clause is self.wanted[-1]


def read_search(text: str) -> tuple[Alternative, ...]:
    """Read what somebody typed: words, "quoted phrases", -without, this or that.

    Words that say nothing are left out where others are left. Nothing at all means everything.
    """
    alternatives = [_alternative(pieces) for pieces in _split_at_or(text)]
    return tuple(each for each in alternatives if each.wanted)


def _split_at_or(text: str) -> list[list[tuple[bool, bool, tuple[str, ...]]]]:
    groups: list[list[tuple[bool, bool, tuple[str, ...]]]] = [[]]
    for minus, quoted, plain in _PIECE.findall(text[:LONGEST_SEARCH]):
        if plain.lower() == "or":
            groups.append([])
        elif words := words_of(quoted or plain):
            groups[-1].append((bool(minus), bool(quoted), words))
    return groups


def _alternative(pieces: list[tuple[bool, bool, tuple[str, ...]]]) -> Alternative:
    wanted: list[tuple[Clause, bool]] = []
    unwanted = [Clause(words) for is_minus, _, words in pieces if is_minus]
    for is_minus, is_quoted, words in pieces:
        if not is_minus:
            clauses = [words] if is_quoted else [(word,) for word in words]
            wanted += [(Clause(each), is_quoted) for each in clauses]
    telling = [pair for pair in wanted if pair[1] or pair[0].words[0] not in STOP_WORDS]
    kept = telling or wanted
    return Alternative(
        wanted=tuple(clause for clause, _ in kept),
        unwanted=tuple(unwanted),
        is_open=bool(kept) and not kept[-1][1] and len(kept[-1][0].words[0]) > 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSearchQuery:
    """Which products on sale to list.

    `popular_in` is a country's name. With a `stock_code` the question is about that product alone,
    and about what was bought with it.
    """

    words: str = ""
    price_band: str | None = None
    available_only: bool = False
    popular_in: str | None = None
    sort: str = RELEVANCE
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    stock_code: str | None = None

    @property
    def effective_sort(self) -> str:
        """The order that holds: without words nothing is more relevant than the rest."""
        return NAME if self.sort == RELEVANCE and not read_search(self.words) else self.sort


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProduct:
    """A product as a list shows it. `order_count` and `popular_in` are those of the last count."""

    stock_code: str
    description: str
    price_pence: int
    is_available: bool
    order_count: int
    popular_in: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCount:
    """How many products another choice in one filter would find, all other filters as they are."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSearchPage:
    """One page of products, and how many there are with other filters.

    `as_of` is the sum of the versions of all product streams that the answer reflects; of a
    question about one product, the version of its stream. `corrected` are words that no product
    has: those most similar stand in for them. `also_bought` are stock codes, the best first.
    """

    as_of: int
    products: tuple[FoundProduct, ...]
    total: int
    page: int
    page_size: int
    sort: str
    price_bands: tuple[FacetCount, ...]
    available_count: int
    countries: tuple[FacetCount, ...]
    corrected: tuple[str, ...] = ()
    also_bought: tuple[str, ...] = ()

    @property
    def page_count(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.page_size))

    @property
    def has_next(self) -> bool:
        """Whether a further page exists."""
        return self.page < self.page_count
