"""From a request to its answer, out of a store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

from event_contracts.order_history import (
    DEFAULT_PAGE_SIZE,
    LARGEST_PAGE_SIZE,
    ORDER_STATUSES,
    Cursor,
    OrderHistoryPage,
    OrderHistoryQuery,
    OwnOrdersPage,
)
from extracted_services.order_history.store import select_rows
from extracted_services.read_models import answering, parameters
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.tables import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_contracts.checksums import Checksum, KeyList
    from extracted_services.order_history.store import Answering, HistoryStore
    from extracted_services.order_history.view import History, OrderRow
    from extracted_services.read_models.projecting import Head

PARAMETERS = frozenset({"status", "placed_from", "placed_until", "before", "limit"})


class RowOfAnother(Exception):
    """A customer's history holds somebody else's order: nobody is shown it."""

    def __init__(self, page: OrderHistoryPage) -> None:
        super().__init__(f"customer {page.customer_id}: somebody else's order as of {page.as_of}")


def read_query(customer_id: str, given: Mapping[str, str]) -> OrderHistoryQuery:
    """Read a query from a request: the `id` of its path and the parameters behind the "?".

    Raises:
        BadParameter: one is unknown or unreadable.
    """
    parameters.check_names(given, PARAMETERS)
    find = partial(parameters.find, given)
    return OrderHistoryQuery(
        customer_id=parameters.read("id", customer_id, parameters.identity),
        status=find("status", _status),
        placed_from=find("placed_from", parameters.instant),
        placed_until=find("placed_until", parameters.instant),
        before=find("before", _cursor),
        limit=find("limit", _limit) or DEFAULT_PAGE_SIZE,
    )


def answer(query: OrderHistoryQuery, store: Answering, *, tries: int = 3) -> OrderHistoryPage:
    """Answer a query; the page's `as_of` is the version that all its rows reflect.

    Head and rows are two reads. A row changed in between is newer than the head, and both are read
    again.

    Raises:
        NotComplete: the history is unknown, awaits its snapshot, or would not hold still.
    """
    head = store.find_head(str(query.customer_id))
    if head is None or not head.is_complete:
        raise NotComplete("history", f"customer {query.customer_id}: no complete history here yet")
    try:
        rows = store.list_rows(query, as_of=head.as_of)
    except HeadMoved as error:
        if tries == 1:
            raise NotComplete("history", f"customer {query.customer_id}: changing fast") from error
        return answer(query, store, tries=tries - 1)
    return _page(query, head.as_of, rows)


def own_page(page: OrderHistoryPage) -> OwnOrdersPage:
    """Return a page for the customer's own program: nobody else stands between it and the rows.

    Raises:
        RowOfAnother: one of them is not the customer's.
    """
    if any(order.customer_id != page.customer_id for order in page.orders):
        raise RowOfAnother(page)
    return OwnOrdersPage(
        customer_id=page.customer_id,
        as_of=page.as_of,
        orders=tuple(order.without_owner() for order in page.orders),
        next=page.next,
    )


def checksum(customer_ids: list[str], store: HistoryStore) -> Checksum:
    """Sum up the whole answers for these customers; see `answering.checksum`."""

    def whole_answer(customer_id: str) -> tuple[int, list[OrderHistoryPage]]:
        pages = _all_pages(int(customer_id), _ReadAtOnce(store.read_history(customer_id)))
        return pages[0].as_of, pages

    return answering.checksum(customer_ids, whole_answer)


def list_customers(after: str | None, store: HistoryStore) -> KeyList:
    """List some of the customers of whom anything is kept; see `answering.list_keys`."""
    return answering.list_keys(after, store.list_keys)


@dataclass(frozen=True, slots=True)
class _ReadAtOnce:
    """A history that was read already, to answer from."""

    history: History

    def find_head(self, _customer_id: str) -> Head | None:
        return self.history.head

    def list_rows(self, query: OrderHistoryQuery, *, as_of: int) -> list[OrderRow]:
        return select_rows(self.history.rows, query, as_of=as_of)


def _all_pages(customer_id: int, kept: Answering) -> list[OrderHistoryPage]:
    query = OrderHistoryQuery(customer_id=customer_id, limit=LARGEST_PAGE_SIZE)
    pages = [answer(query, kept, tries=1)]
    while following := pages[-1].next:
        pages.append(answer(replace(query, before=Cursor.parse(following)), kept, tries=1))
    return pages


def _page(query: OrderHistoryQuery, as_of: int, rows: list[OrderRow]) -> OrderHistoryPage:
    shown = rows[: query.limit]
    return OrderHistoryPage(
        customer_id=query.customer_id,
        as_of=as_of,
        orders=tuple(row.order for row in shown),
        next=str(shown[-1].place) if len(rows) > len(shown) else None,
    )


def _limit(text: str) -> int:
    return parameters.whole_number(text, 1, LARGEST_PAGE_SIZE)


def _status(text: str) -> str:
    if text in ORDER_STATUSES:
        return text
    raise ValueError(f"expected one of {', '.join(ORDER_STATUSES)}")


def _cursor(text: str) -> Cursor:
    cursor = Cursor.parse(text)
    return Cursor(cursor.placed_at.astimezone(UTC), cursor.order_number)
