"""Which gifts match? The monolith's answer: PostgreSQL's full-text search, trigrams and counts.

docs/search.md says what the words of a question mean; a service that answers it must find the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from event_contracts.catalogue_search import (
    PRICE_BANDS,
    SIMILAR_ENOUGH,
    SMALLEST_SIMILARITY,
    CatalogueSearchPage,
    CatalogueSearchQuery,
    FacetCount,
    FoundProduct,
    read_search,
)
from event_contracts.streams import NO_PRODUCT, PRODUCT, product_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from event_contracts.catalogue_search import Alternative, Clause

    Meanings = dict[str, "_Meant"]

# What a word stands for: itself, all words that begin with it, or those most similar to it.
_RESOLVE = """
SELECT typed.word, typed.stem, known.is_whole, known.is_beginning, nearest.words
FROM (
    SELECT word, catalogue_stem(word) AS stem FROM unnest(%(words)s::text[]) AS word
) AS typed
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM catalogue_searchword AS w WHERE w.word = typed.stem) AS is_whole,
           EXISTS (SELECT FROM catalogue_searchword AS w WHERE w.word ^@ typed.stem) AS is_beginning
) AS known
LEFT JOIN LATERAL (
    SELECT array_agg(near.word ORDER BY near.word) AS words
    FROM (
        SELECT w.word, candidate.similarity, max(candidate.similarity) OVER () AS greatest
        FROM catalogue_searchword AS w
        CROSS JOIN LATERAL (SELECT similarity(w.word, typed.stem)) AS candidate
        WHERE candidate.similarity >= %(smallest)s
    ) AS near
    WHERE near.similarity >= %(enough)s * near.greatest
) AS nearest ON NOT known.is_whole
"""
# One statement, so that version, counts and products come from one snapshot of the database.
# That many words of a product begin with "ca", or stand in for "hart", makes it no better: it is
# ranked by its words alone then, as no index can count such words while somebody types.
_SEARCH = """
WITH asked AS (
    SELECT %(loose)s::tsquery AS loose, %(strict)s::tsquery AS strict
), matched AS MATERIALIZED (
    SELECT p.stock_code, p.description, p.listed_at, price.amount_pence AS price_pence,
           stock.quantity > 0 AS is_available,
           coalesce(counted.order_count, 0) AS order_count,
           coalesce(counted.popular_in, '{}') AS popular_in,
           width_bucket(price.amount_pence, %(bounds)s::int[]) AS band,
           whole.is_whole,
           CASE WHEN NOT %(has_alternatives)s AND (%(has_stand_ins)s OR NOT is_whole)
                THEN (1.0 / greatest(length(p.search), 1))::real
                ELSE ts_rank(p.search, CASE WHEN is_whole THEN asked.strict ELSE asked.loose END, 8)
           END AS rank
    FROM asked
    JOIN catalogue_product AS p ON {matches}
    JOIN catalogue_stocklevel AS stock ON stock.product_id = p.id
    CROSS JOIN LATERAL (
        SELECT amount_pence FROM catalogue_price
        WHERE product_id = p.id AND effective_from <= now()
        ORDER BY effective_from DESC LIMIT 1
    ) AS price
    CROSS JOIN LATERAL (SELECT p.search @@ asked.strict AS is_whole) AS whole
    LEFT JOIN catalogue_tradecount AS counted ON counted.product_id = p.id
    WHERE p.withdrawn_at IS NULL
), filtered AS MATERIALIZED (
    SELECT matched.*,
           coalesce(band = %(band)s, true) AS is_in_band,
           is_available OR NOT %(available_only)s AS is_on_shelf,
           %(country)s::text IS NULL OR %(country)s = ANY (popular_in) AS is_popular
    FROM matched
), found AS (
    SELECT * FROM filtered WHERE is_in_band AND is_on_shelf AND is_popular
), shown AS (
    SELECT row_number() OVER (ORDER BY {order}) AS place, found.* FROM found
    ORDER BY place LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    (SELECT coalesce(sum(version), 0) FROM outbox_stream WHERE {streams})::bigint,
    (SELECT count(*) FROM found),
    (SELECT coalesce(json_agg(shown ORDER BY place), '[]') FROM shown),
    (SELECT coalesce(json_object_agg(band, n), '{}') FROM (
        SELECT band, count(*) AS n FROM filtered WHERE is_on_shelf AND is_popular GROUP BY band
    ) AS bands),
    (SELECT count(*) FROM filtered WHERE is_available AND is_in_band AND is_popular),
    (SELECT coalesce(json_agg(json_build_array(country, n) ORDER BY n DESC, country), '[]') FROM (
        SELECT country COLLATE "C", count(*) AS n
        FROM filtered CROSS JOIN LATERAL unnest(popular_in) AS country
        WHERE is_in_band AND is_on_shelf GROUP BY country COLLATE "C"
    ) AS countries),
    (SELECT counted.also_bought FROM catalogue_tradecount AS counted
     JOIN catalogue_product AS p ON p.id = counted.product_id
     WHERE p.stock_code = %(stock_code)s AND p.withdrawn_at IS NULL)
"""
_TIES = 'description COLLATE "C", stock_code'
_ORDERS = {
    "relevance": f"is_whole DESC, rank DESC, order_count DESC, {_TIES}",
    "name": _TIES,
    "price_low": f"price_pence, {_TIES}",
    "price_high": f"price_pence DESC, {_TIES}",
    "newest": f"listed_at DESC, {_TIES}",
    "popular": f"order_count DESC, {_TIES}",
}
_ALL_STREAMS = "stream >= %(first)s AND stream < %(behind)s AND stream <> %(nobody)s"
_BOUNDS = [band.from_pence for band in PRICE_BANDS]
_BAND_NUMBERS = {band.name: number for number, band in enumerate(PRICE_BANDS, start=1)}


def search_catalogue(query: CatalogueSearchQuery) -> CatalogueSearchPage:
    """List a page of products on sale that have a price now, and count what other filters leave.

    `as_of` is of the very snapshot that the products come from. A page past the end is empty.
    """
    alternatives = read_search(query.words)
    meanings, corrected = _resolve(alternatives)
    with connection.cursor() as cursor:
        cursor.execute(_statement(query, alternatives), _parameters(query, alternatives, meanings))
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    as_of, total, products, bands, available_count, countries, also_bought = row
    return CatalogueSearchPage(
        as_of=as_of,
        products=tuple(_product(each) for each in products),
        total=total,
        page=query.page,
        page_size=query.page_size,
        sort=query.effective_sort,
        price_bands=tuple(
            FacetCount(name=name, count=bands.get(str(number), 0))
            for name, number in _BAND_NUMBERS.items()
        ),
        available_count=available_count,
        countries=tuple(FacetCount(name=name, count=count) for name, count in countries),
        corrected=corrected,
        also_bought=tuple(also_bought or ()),
    )


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a word typed is looked for as: its stem, or others where no product has that."""

    stem: str
    stands_for: tuple[str, ...]


def _resolve(alternatives: Sequence[Alternative]) -> tuple[Meanings, tuple[str, ...]]:
    """Find what is meant by each word typed, by the word, and which words had to be corrected."""
    words = {
        word: None
        for each in alternatives
        for clause in each.wanted + each.unwanted
        for word in clause.words
    }
    if not words:
        return {}, ()
    single = dict.fromkeys(
        clause.words[0] for each in alternatives for clause in each.wanted if not clause.is_phrase
    )
    still_open = {each.wanted[-1].words[0] for each in alternatives if each.is_open}
    with connection.cursor() as cursor:
        cursor.execute(
            _RESOLVE,
            {"words": list(words), "smallest": SMALLEST_SIMILARITY, "enough": SIMILAR_ENOUGH},
        )
        meanings = {
            word: _Meant(
                stem,
                (stem,)
                if is_whole or not nearest or (is_beginning and word in still_open)
                else tuple(nearest),
            )
            for word, stem, is_whole, is_beginning, nearest in cursor.fetchall()
        }
    corrected = [word for word in single if meanings[word].stands_for != (meanings[word].stem,)]
    return meanings, tuple(corrected)


def _statement(query: CatalogueSearchQuery, alternatives: Sequence[Alternative]) -> str:
    matches = "p.search @@ asked.loose" if alternatives else "true"
    if query.stock_code is not None:
        matches = f"p.stock_code = %(stock_code)s AND {matches}"
    streams = _ALL_STREAMS if query.stock_code is None else "stream = %(stream)s"
    return (
        _SEARCH.replace("{matches}", matches)
        .replace("{order}", _ORDERS[query.effective_sort])
        .replace("{streams}", streams)
    )


def _parameters(
    query: CatalogueSearchQuery, alternatives: Sequence[Alternative], meanings: Meanings
) -> dict[str, Any]:
    return {
        "loose": _tsquery(alternatives, meanings, is_loose=True),
        "strict": _tsquery(alternatives, meanings, is_loose=False),
        "has_alternatives": len(alternatives) > 1,
        "has_stand_ins": any(len(meant.stands_for) > 1 for meant in meanings.values()),
        "bounds": _BOUNDS,
        "band": _BAND_NUMBERS.get(query.price_band) if query.price_band else None,
        "available_only": query.available_only,
        "country": query.popular_in,
        "limit": query.page_size,
        "offset": (query.page - 1) * query.page_size,
        "stock_code": query.stock_code,
        "stream": product_stream(query.stock_code or NO_PRODUCT),
        "nobody": product_stream(NO_PRODUCT),
        "first": f"{PRODUCT}/",
        "behind": f"{PRODUCT}0",
    }


def _tsquery(alternatives: Iterable[Alternative], meanings: Meanings, *, is_loose: bool) -> str:
    return " | ".join(f"({_all_of(each, meanings, is_loose=is_loose)})" for each in alternatives)


def _all_of(alternative: Alternative, meanings: Meanings, *, is_loose: bool) -> str:
    wanted = [
        _clause(clause, meanings, ":*" if is_loose and alternative.is_prefix(clause) else "")
        for clause in alternative.wanted
    ]
    unwanted = [f"!{_phrase(clause, meanings)}" for clause in alternative.unwanted]
    return " & ".join(wanted + unwanted)


def _clause(clause: Clause, meanings: Meanings, ending: str) -> str:
    if clause.is_phrase:
        return _phrase(clause, meanings)
    stands_for = meanings[clause.words[0]].stands_for
    return "(" + " | ".join(f"'{stem}'{ending}" for stem in stands_for) + ")"


def _phrase(clause: Clause, meanings: Meanings) -> str:
    return "(" + " <-> ".join(f"'{meanings[word].stem}'" for word in clause.words) + ")"


def _product(row: dict[str, Any]) -> FoundProduct:
    return FoundProduct(
        stock_code=row["stock_code"],
        description=row["description"],
        price_pence=row["price_pence"],
        is_available=row["is_available"],
        order_count=row["order_count"],
        popular_in=tuple(row["popular_in"]),
    )
