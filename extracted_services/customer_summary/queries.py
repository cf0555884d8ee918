"""From a request to its answer, out of a store."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from event_contracts.customer_summary import (
    FAVOURITES,
    Counted,
    CustomerSummary,
    CustomerSummaryQuery,
    Favourite,
    summarise,
)
from extracted_services.read_models import answering, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from event_contracts.checksums import Checksum, KeyList
    from extracted_services.customer_summary.store import SummaryStore
    from extracted_services.customer_summary.view import Products, SummaryRow

ON = "on"


def read_query(customer_id: str, given: Mapping[str, str]) -> CustomerSummaryQuery:
    """Read a query from a request: the `id` of its path and the parameters behind the "?".

    Raises:
        BadParameter: one is unknown, missing or unreadable.
    """
    parameters.check_names(given, {ON})
    return CustomerSummaryQuery(
        customer_id=parameters.read("id", customer_id, parameters.identity), on=_read_day(given)
    )


def read_checksum_queries(given: Mapping[str, str]) -> list[CustomerSummaryQuery]:
    """Read whose checksum is asked for, at most a hundred `ids`, and as of which day.

    Raises:
        BadParameter: one is unknown, missing or unreadable.
    """
    ids = parameters.read_keys(
        {name: text for name, text in given.items() if name != ON}, parameters.identity
    )
    on = _read_day(given)
    return [CustomerSummaryQuery(customer_id=int(each), on=on) for each in ids]


def answer(query: CustomerSummaryQuery, store: SummaryStore, *, tries: int = 3) -> CustomerSummary:
    """Answer a query out of the sum, if that is of the head's version.

    Both are written at once, but read one after the other: if there was a change in between, they
    are read again.

    Raises:
        NotComplete: the copy is unknown, awaits its snapshot, or would not hold still.
    """
    customer_id = str(query.customer_id)
    head = store.find_head(customer_id)
    if head is None or not head.is_complete:
        raise _not_complete(f"customer {customer_id}: not everything is known here yet")
    summary = store.find_summary(customer_id)
    if summary is not None and summary.version == head.as_of:
        return summarise(query, as_of=head.as_of, counted=_counted(summary))
    if tries == 1:
        raise _not_complete(f"customer {customer_id}: changing fast")
    return answer(query, store, tries=tries - 1)


def checksum(queries: Sequence[CustomerSummaryQuery], store: SummaryStore) -> Checksum:
    """Sum up the answers to these queries, each as whoever asks it would get it."""
    by_key = {str(query.customer_id): query for query in queries}

    def pages_of(key: str) -> tuple[int, list[CustomerSummary]]:
        summary = answer(by_key[key], store)
        return summary.as_of, [summary]

    return answering.checksum([str(query.customer_id) for query in queries], pages_of)


def list_customers(after: str | None, store: SummaryStore) -> KeyList:
    """List some of the customers of whom anything is kept, complete or not.

    Raises:
        BadParameter: `after` is not the `next` of another list.
    """
    return answering.list_keys(after, store.list_keys)


def _not_complete(complaint: str) -> answering.NotComplete:
    return answering.NotComplete("summary", complaint)


def _read_day(given: Mapping[str, str]) -> date:
    return parameters.read(ON, given.get(ON, ""), date.fromisoformat)


def _counted(summary: SummaryRow) -> Counted:
    return Counted(
        order_count=summary.order_count,
        cancelled_count=summary.cancelled_count,
        ordered_pence=summary.ordered_pence,
        returned_pence=summary.returned_pence,
        pieces=sum(kept.pieces for kept in summary.products.values()),
        first_order=summary.first_order,
        last_order=summary.last_order,
        favourites=_favourites(summary.products),
    )


def _favourites(products: Products) -> tuple[Favourite, ...]:
    by_pieces = sorted(products.items(), key=lambda entry: (-entry[1].pieces, entry[0]))
    return tuple(
        Favourite(stock_code=code, description=kept.description, pieces=kept.pieces)
        for code, kept in by_pieces[:FAVOURITES]
        if kept.pieces > 0
    )
