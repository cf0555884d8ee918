"""The reads of the catalogue that are moving out to services."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from event_contracts.catalogue import ProductSnapshotTaken
from event_contracts.catalogue_search import (
    PRICE_BANDS,
    RELEVANCE,
    CatalogueSearchPage,
    CatalogueSearchQuery,
    words_of,
)
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NO_PRODUCT, product_stream
from monolith.catalogue.queries import (
    count_products,
    get_product_state,
    known_stock_codes,
    list_cards,
    list_stock_codes,
    search_catalogue,
)
from monolith.strangler import registry
from monolith.strangler.comparison import differences
from monolith.strangler.comparison.relevance import Rankings, Tolerance, judge_ranking
from monolith.strangler.registry import (
    HeartbeatSource,
    MovingRead,
    ServiceRequest,
    SnapshotSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monolith.strangler.comparison import Difference

CATALOGUE_SEARCH = "catalogue_search"
RANKING = Tolerance(least_overlap=0.75, least_ndcg=0.8)
"""What a service's order by relevance must reach on the first page."""
# What is true of the product that heartbeats travel for.
_NOTHING = ProductSnapshotTaken(
    stock_code=NO_PRODUCT,
    description="",
    listed_at=datetime.fromtimestamp(0, UTC),
    is_withdrawn=True,
    is_available=False,
    prices=(),
    order_count=0,
    popular_in=(),
    also_bought=(),
)
_KEYS = {"products": "stock_code", "countries": "name", "price_bands": "name"}


def declare() -> None:
    """Make the moving reads known to the strangler; called once the apps are loaded."""
    registry.declare(catalogue_search)


def _service_request(query: CatalogueSearchQuery) -> ServiceRequest:
    given = {
        "words": query.words or None,
        "price_band": query.price_band,
        "available_only": "yes" if query.available_only else None,
        "popular_in": query.popular_in,
        "sort": query.sort,
        "page": str(query.page),
        "page_size": str(query.page_size),
        "stock_code": query.stock_code,
    }
    return ServiceRequest(
        path="/products",
        parameters={name: value for name, value in given.items() if value is not None},
    )


def _stream_of(query: CatalogueSearchQuery) -> str | None:
    return None if query.stock_code is None else product_stream(query.stock_code)


def _version_of(page: CatalogueSearchPage) -> int:
    return page.as_of


def compare(monolith: CatalogueSearchPage, service: CatalogueSearchPage) -> tuple[Difference, ...]:
    """Compare two pages: all that is listed and counted exactly, an order by relevance nearly."""
    found = differences(monolith, service, keys=_KEYS)
    if not monolith.sort == service.sort == RELEVANCE:
        return found
    rankings = Rankings(
        place="products",
        ours=[product.stock_code for product in monolith.products],
        theirs=[product.stock_code for product in service.products],
        is_cut=monolith.page_count > 1,
        is_first_page=monolith.page == 1,
    )
    return judge_ranking(found, rankings, RANKING)


def _shape_of(query: CatalogueSearchQuery) -> str:
    if query.stock_code is not None:
        return "product"
    is_filtered = query.price_band or query.available_only or query.popular_in
    kind = "words" if words_of(query.words) else "browse"
    return f"{kind}/{'filtered' if is_filtered else 'plain'}"


def _sample_queries(keys: int) -> Iterator[CatalogueSearchQuery]:
    """Ask about some products, evenly spread, in every shape."""
    codes = list_stock_codes()
    step = max(len(codes) // max(keys, 1), 1)
    for card in list_cards(stock_codes=codes[::step][:keys]):
        band = next(each for each in reversed(PRICE_BANDS) if card.price_pence >= each.from_pence)
        words = " ".join(sorted(words_of(card.description), key=len)[-2:])
        filtered = CatalogueSearchQuery(price_band=band.name, available_only=True)
        yield CatalogueSearchQuery(words=words)
        yield replace(filtered, words=words)
        yield CatalogueSearchQuery()
        yield filtered
        yield _first_query(card.stock_code)


# The keys of this path are stock codes: an answer about one of them is a page of one product.


def _snapshot(key: str) -> ProductSnapshotTaken:
    return get_product_state(key) if key != NO_PRODUCT else _NOTHING


def _first_query(key: str) -> CatalogueSearchQuery:
    return CatalogueSearchQuery(stock_code=key)


def _next_query(_query: CatalogueSearchQuery, _page: CatalogueSearchPage) -> None:
    return None


def _checksum_request(keys: Sequence[str]) -> ServiceRequest:
    return ServiceRequest(path="/products/checksums", parameters={"ids": ",".join(keys)})


def _keys_request(after: str | None) -> ServiceRequest:
    return ServiceRequest(path="/products/keys", parameters={"after": after} if after else {})


def _heartbeat(sent_at: datetime) -> HeartbeatSent:
    return HeartbeatSent(path=CATALOGUE_SEARCH, sent_at=sent_at)


catalogue_search = MovingRead(
    name=CATALOGUE_SEARCH,
    family="catalogue",
    monolith_answer=search_catalogue,
    service_request=_service_request,
    answer_class=CatalogueSearchPage,
    version_of=_version_of,
    stream_of=_stream_of,
    read_at="/api/v1/products/",
    sources=("monolith.catalogue.queries.search",),
    compare=compare,
    shape_of=_shape_of,
    shapes=("browse/plain", "browse/filtered", "words/plain", "words/filtered", "product"),
    sample_queries=_sample_queries,
    query_class=CatalogueSearchQuery,
    source=SnapshotSource(
        keys_after=list_stock_codes,
        stream_of=product_stream,
        snapshot=_snapshot,
        first_query=_first_query,
        next_query=_next_query,
        count=count_products,
        known=known_stock_codes,
    ),
    checksum_request=_checksum_request,
    keys_request=_keys_request,
    heartbeat=HeartbeatSource(
        key=NO_PRODUCT,
        stream=product_stream(NO_PRODUCT),
        event=_heartbeat,
        query=CatalogueSearchQuery(stock_code=NO_PRODUCT),
    ),
)
