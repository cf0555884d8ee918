"""What matches a question, how it is counted, and what of it is shown: out of an open index."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from event_contracts.catalogue_search import (
    POPULAR,
    PRICE_BANDS,
    RELEVANCE,
    CatalogueSearchPage,
    FacetCount,
    read_search,
)
from extracted_services.catalogue_search.store.index import AVAILABLE
from extracted_services.lambda_support.stemming import stem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from event_contracts.catalogue_search import Alternative, CatalogueSearchQuery, Clause
    from extracted_services.catalogue_search.store.index import Index

BAND_NUMBERS = {band.name: number for number, band in enumerate(PRICE_BANDS, start=1)}


class Search:
    """One question to one index: first what matches, then what of it is counted and shown."""

    def __init__(
        self, query: CatalogueSearchQuery, index: Index, *, only: Sequence[int] | None = None
    ) -> None:
        """Ask an index a question; with `only`, of these products by their numbers."""
        self._query, self._index = query, index
        self._corrected: dict[str, None] = {}
        self._open_words: set[str] = set()
        # None stands for all there are: nobody writes a million numbers down to count them.
        self._matching = self._match()
        if only is not None:
            matching = only if self._matching is None else {*only} & {*self._matching}
            self._matching = sorted(matching)
        self._liking = (
            None if query.popular_in is None else index.likings.get(query.popular_in, frozenset())
        )

    def page(self, *, as_of: int) -> CatalogueSearchPage:
        """Return the page asked for, which reflects this version."""
        query = self._query
        histogram = self._histogram()
        wanted = self._wanted()
        return CatalogueSearchPage(
            as_of=as_of,
            products=tuple(self._index.find_products(self._shown(wanted))),
            total=sum(count for facet, count in histogram.items() if facet in wanted),
            page=query.page,
            page_size=query.page_size,
            sort=query.effective_sort,
            price_bands=self._price_bands(histogram),
            available_count=sum(histogram[facet] for facet in self._of_band() if facet & AVAILABLE),
            countries=self._countries(wanted),
            corrected=tuple(self._corrected),
        )

    def _histogram(self) -> dict[int, int]:
        """Count the products that match and are liked, by band and availability."""
        facets, numbers = self._index.facets, self._liked()
        counted = facets[1:] if numbers is None else bytes(map(facets.__getitem__, numbers))
        return {facet: counted.count(facet) for facet in _ALL_FACETS}

    def _liked(self) -> Sequence[int] | None:
        if self._liking is None:
            return self._matching
        if self._matching is None:
            return sorted(self._liking)
        return [number for number in self._matching if number in self._liking]

    def _of_band(self) -> frozenset[int]:
        band = self._query.price_band
        if band is None:
            return _ALL_FACETS
        return frozenset({BAND_NUMBERS[band], BAND_NUMBERS[band] | AVAILABLE})

    def _wanted(self) -> frozenset[int]:
        is_wanted = (lambda facet: facet & AVAILABLE) if self._query.available_only else bool
        return frozenset(filter(is_wanted, self._of_band()))

    def _price_bands(self, histogram: Mapping[int, int]) -> tuple[FacetCount, ...]:
        return tuple(
            FacetCount(
                name=name,
                count=histogram[number | AVAILABLE]
                + (0 if self._query.available_only else histogram[number]),
            )
            for name, number in BAND_NUMBERS.items()
        )

    def _countries(self, wanted: frozenset[int]) -> tuple[FacetCount, ...]:
        facets = self._index.facets
        matching = None if self._matching is None else frozenset(self._matching)
        counts = [
            FacetCount(name=country, count=sum(facets[number] in wanted for number in liked))
            for country, all_liked in self._index.likings.items()
            if (liked := all_liked if matching is None else all_liked & matching)
        ]
        return tuple(sorted(filter(_is_any, counts), key=lambda each: (-each.count, each.name)))

    def _shown(self, wanted: frozenset[int]) -> list[int]:
        query, facets = self._query, self._index.facets
        numbers, sort = self._liked(), query.effective_sort
        first = (query.page - 1) * query.page_size
        if numbers is None:
            ordered: Sequence[int] = self._index.ordered(sort)
        elif sort == RELEVANCE:
            ordered = numbers
        else:
            ordered = sorted(numbers, key=self._index.places(sort).__getitem__)
        if wanted != _ALL_FACETS:
            of_those = (number for number in ordered if facets[number] in wanted)
            return list(islice(of_those, first, first + query.page_size))
        return list(ordered[first : first + query.page_size])

    def _match(self) -> Sequence[int] | None:
        """Return what the words match, whole words first; None where there are no words."""
        alternatives = read_search(self._query.words)
        if not alternatives:
            return None
        self._open_words = {each.wanted[-1].words[0] for each in alternatives if each.is_open}
        strict = self._expression(alternatives, is_loose=False)
        whole = self._ordered(strict, alternatives, is_loose=False)
        if not self._open_words:
            return whole
        loose = self._expression(alternatives, is_loose=True)
        return whole + self._ordered(f"({loose}) NOT ({strict})", alternatives, is_loose=True)

    def _ordered(
        self, expression: str, alternatives: Sequence[Alternative], *, is_loose: bool
    ) -> list[int]:
        """List what matches: of alternatives, what has the larger share first."""
        matching = self._index.match(expression)
        if len(alternatives) == 1:
            return matching
        clauses = {
            self._clause(clause, is_prefix=each.is_prefix(clause), is_loose=is_loose)
            for each in alternatives
            for clause in each.wanted
        }
        having = Counter(number for each in clauses for number in self._index.match(each))
        lengths, popularity = self._index.lengths, self._index.places(POPULAR)
        return sorted(
            matching, key=lambda number: (-having[number] / lengths[number], popularity[number])
        )

    def _expression(self, alternatives: Sequence[Alternative], *, is_loose: bool) -> str:
        return " OR ".join(f"({self._all_of(each, is_loose=is_loose)})" for each in alternatives)

    def _all_of(self, alternative: Alternative, *, is_loose: bool) -> str:
        wanted = " AND ".join(
            self._clause(clause, is_prefix=alternative.is_prefix(clause), is_loose=is_loose)
            for clause in alternative.wanted
        )
        unwanted = " OR ".join(_phrase(clause) for clause in alternative.unwanted)
        return f"({wanted}) NOT ({unwanted})" if unwanted else wanted

    def _clause(self, clause: Clause, *, is_prefix: bool, is_loose: bool) -> str:
        if clause.is_phrase:
            return _phrase(clause)
        ending = " *" if is_prefix and is_loose else ""
        stems = self._stems(clause.words[0])
        return "(" + " OR ".join(f'"{each}"{ending}' for each in stems) + ")"

    def _stems(self, word: str) -> tuple[str, ...]:
        """Return a word's stem or, where no product has it, those that are most similar to it."""
        own = stem(word)
        if self._index.has_word(own, is_beginning=word in self._open_words):
            return (own,)
        nearest = self._index.nearest_words(own)
        if not nearest:
            return (own,)
        self._corrected[word] = None
        return nearest


_ALL_FACETS = frozenset(
    number | available for number in BAND_NUMBERS.values() for available in (0, AVAILABLE)
)


def _phrase(clause: Clause) -> str:
    return '"' + " ".join(map(stem, clause.words)) + '"'


def _is_any(counted: FacetCount) -> bool:
    return counted.count > 0
