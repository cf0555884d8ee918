"""From a request to its answer, out of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.catalogue_search import (
    LARGEST_PAGE_SIZE,
    LAST_PAGE,
    SORT_ORDERS,
    CatalogueSearchPage,
    CatalogueSearchQuery,
)
from event_contracts.checksums import Checksum, KeyList
from event_contracts.streams import NO_PRODUCT
from extracted_services.catalogue_search.queries.searching import BAND_NUMBERS, Search
from extracted_services.read_models import answering
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import check_names, find, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from extracted_services.catalogue_search.store.publishing import Opened

PARAMETERS = frozenset(
    {
        "words",
        "price_band",
        "available_only",
        "popular_in",
        "sort",
        "page",
        "page_size",
        "stock_code",
    }
)
KEYS_AT_ONCE = 1_000


def read_query(parameters: Mapping[str, str]) -> CatalogueSearchQuery:
    """Read a query from the parameters behind the "?".

    Raises:
        BadParameter: one is unknown (ignoring it would answer another question) or unreadable.
    """
    check_names(parameters, PARAMETERS)
    plain = CatalogueSearchQuery()
    return CatalogueSearchQuery(
        words=parameters.get("words", ""),
        price_band=find(parameters, "price_band", _one_of(BAND_NUMBERS)),
        available_only=find(parameters, "available_only", _one_of(["yes", "no"])) == "yes",
        popular_in=parameters.get("popular_in"),
        sort=find(parameters, "sort", _one_of(SORT_ORDERS)) or plain.sort,
        page=find(parameters, "page", _up_to(LAST_PAGE)) or plain.page,
        page_size=find(parameters, "page_size", _up_to(LARGEST_PAGE_SIZE)) or plain.page_size,
        stock_code=parameters.get("stock_code"),
    )


def answer(query: CatalogueSearchQuery, opened: Opened, *, at: datetime) -> CatalogueSearchPage:
    """Answer a query; the page reflects exactly the versions that its `as_of` sums up.

    Raises:
        NotComplete: products are lacking, a price has just taken over, or nothing is known of the
            one product asked about.
    """
    due_at = opened.manifest.due_at
    if due_at is not None and due_at <= at:
        raise NotComplete(
            "catalogue", "a price has just taken over; an index with it is on its way"
        )
    if query.stock_code is not None:
        return _about_one(query, query.stock_code, opened)
    if not opened.manifest.is_complete:
        raise NotComplete("catalogue", "products await their snapshots")
    return Search(query, opened.index).page(as_of=opened.index.as_of)


def checksum(stock_codes: Sequence[str], opened: Opened, *, at: datetime) -> Checksum:
    """Sum up the whole answers about these products, as whoever asks for them would get them."""

    def pages_of(key: str) -> tuple[int, Sequence[CatalogueSearchPage]]:
        page = answer(CatalogueSearchQuery(stock_code=key), opened, at=at)
        return page.as_of, [page]

    return answering.checksum(stock_codes, pages_of)


def list_keys(after: str | None, opened: Opened) -> KeyList:
    """List some of the stock codes in the index, on sale or not."""
    codes = opened.index.list_stock_codes(after or "", KEYS_AT_ONCE)
    return KeyList(keys=tuple(codes), next=codes[-1] if len(codes) == KEYS_AT_ONCE else None)


def _about_one(query: CatalogueSearchQuery, stock_code: str, opened: Opened) -> CatalogueSearchPage:
    found = opened.index.find_stream(stock_code)
    if stock_code == NO_PRODUCT and opened.manifest.beat:
        # Beats come every few seconds: a new manifest tells of one, not a new index.
        found = (opened.manifest.beat, None)
    if found is None:
        raise NotComplete("product", f"{stock_code}: nothing known here")
    version, number = found
    only = [] if number is None else [number]
    page = Search(query, opened.index, only=only).page(as_of=version)
    also_bought = () if number is None else opened.index.also_bought(number)
    return CatalogueSearchPage(
        **{name: getattr(page, name) for name in page.__slots__} | {"also_bought": also_bought}
    )


def _one_of(choices: Sequence[str] | Mapping[str, object]) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text in choices:
            return text
        raise ValueError(f"expected one of {', '.join(choices)}")

    return reader


def _up_to(largest: int) -> Callable[[str], int]:
    return lambda text: whole_number(text, 1, largest)
