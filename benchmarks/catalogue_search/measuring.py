"""What is measured: relevance in the real trade, and speed in a made-up one."""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection, transaction

from benchmarks.catalogue_search.both_sides import PublishedService, Relevance, Times
from benchmarks.catalogue_search.made_up import Assortment, kept
from benchmarks.figures import Figure, at_least, at_most, told
from event_contracts.catalogue_search import CatalogueSearchQuery
from extracted_services.catalogue_search import projection, queries
from extracted_services.catalogue_search.view import RowChange, read_product, row_write
from extracted_services.read_models.items import Copy
from extracted_services.read_models.projecting import Head
from monolith.catalogue.legacy import load_products, load_trade_counts
from monolith.catalogue.migration_paths import RANKING
from monolith.catalogue.queries import get_product_state, list_stock_codes, search_catalogue
from monolith.trade.legacy_import import import_history
from monolith.trade.periods import Period
from monolith.trade.trade_files import find_trade_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from event_contracts.catalogue_search import CatalogueSearchPage
    from extracted_services.catalogue_search.view import Product
    from monolith.catalogue.queries import CountedTrade

SEARCHES = Path(__file__).with_name("searches.txt")
_LOADED_AT_ONCE = 50_000


def measure_relevance(folder: Path) -> list[Figure]:
    """Ask both sides every search of the list about the real trade, as it is typed.

    Raises:
        NoTradeFile: there is no real trade here.
    """
    import_history(file=find_trade_file(), period=Period())
    service = PublishedService.of(_real_products(), folder, at=datetime.now(UTC))
    asked = [CatalogueSearchQuery(words=words) for words in _typed(SEARCHES.read_text())]

    def answer(query: CatalogueSearchQuery) -> CatalogueSearchPage:
        return queries.answer(query, service.reader.current(), at=datetime.now(UTC))

    found = Relevance.of(asked, answer)
    many = f"{len(asked)} searches, half-typed ones too, in {len(list_stock_codes()):,} gifts"
    return [
        at_most("answers that disagree", found.disagreeing, "", bar=0, reference=many),
        at_least("nDCG, worst", found.ndcg[0], "", bar=RANKING.least_ndcg, reference=many),
        at_least("overlap, worst", found.overlap[0], "", bar=RANKING.least_overlap, reference=many),
        told("nDCG, mean", found.ndcg[1], "", reference="first page, PostgreSQL's is 1"),
        told("overlap, mean", found.overlap[1], "", reference="first page, PostgreSQL's is 1"),
    ]


def _typed(searches: str) -> Iterator[str]:
    """Yield each search with all beginnings of it: the page asks while people type."""
    typed = (line[: end + 1].strip() for line in searches.splitlines() for end in range(len(line)))
    return iter(dict.fromkeys(typed))


def measure_speed(
    folder: Path, name: str, gifts: int, asked: int, compared: int, bar: float, *, at: datetime
) -> list[Figure]:
    """Ask the service so many questions, and PostgreSQL some of them, about so many gifts."""
    assortment = Assortment(gifts, at=at)
    trade = assortment.trade()
    questions = assortment.questions(asked)
    service = PublishedService.of(kept(assortment.products, trade), folder, at=at)
    for query in questions[:20]:
        service.handle(query)
    theirs = Times.of(service.handle, questions)
    progress = f"{name}: {theirs}, built in {service.build_seconds:.0f} s; loading PostgreSQL …"
    print(progress, file=sys.stderr, flush=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _load(assortment, trade)
    for query in questions[:5]:
        search_catalogue(query)
    ours = Times.of(search_catalogue, questions[:compared])
    beside = f"PostgreSQL {ours.half:,.1f} | {ours.most:,.1f} ms (half | 95 %)"
    return [
        at_most(f"{name}: handler, 95 %", theirs.most, "ms", bar=bar, reference=beside),
        told(f"{name}: handler, processor, 95 %", theirs.busy, "ms"),
        told(f"{name}: handler, half", theirs.half, "ms", reference=f"{asked} questions"),
        told(f"{name}: building the index", service.build_seconds, "s"),
        told(f"{name}: fetching and opening", service.open_seconds, "s", reference="from a folder"),
        told(f"{name}: size of the index", service.size_bytes / 2**20, "MiB"),
        told(
            f"{name}: process, at most",
            memory,
            "MiB",
            reference="index built, then asked",
        ),
    ]


def _load(assortment: Assortment, trade: Sequence[CountedTrade]) -> None:
    for first in range(0, len(assortment.products), _LOADED_AT_ONCE):
        with transaction.atomic():
            load_products(assortment.products[first : first + _LOADED_AT_ONCE])
            load_trade_counts(trade[first : first + _LOADED_AT_ONCE])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _real_products() -> Iterator[Product]:
    for code in list_stock_codes():
        rows: tuple[RowChange, ...] = projection.CATALOGUE.rows_of(get_product_state(code), 1)
        written = [row_write(row) for row in rows]
        items = tuple({"row": {"S": each.row}} | each.values for each in written)
        product = read_product(code, Copy(head=Head(as_of=1), rows=items))
        if product is not None:
            yield product
