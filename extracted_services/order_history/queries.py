"""From a request to its answer, out of a store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from event_contracts.checksums import (
    MOST_KEYS,
    Checksum,
    KeyDigest,
    KeyList,
    checksum_of,
    digest_of,
)
from event_contracts.order_history import (
    DEFAULT_PAGE_SIZE,
    LARGEST_PAGE_SIZE,
    ORDER_STATUSES,
    Cursor,
    OrderHistoryPage,
    OrderHistoryQuery,
    OwnOrdersPage,
)
from extracted_services.order_history.store import HeadMoved, select_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from extracted_services.order_history.store import Answering, Store
    from extracted_services.order_history.view import Head, History, OrderRow

PARAMETERS = frozenset({"status", "placed_from", "placed_until", "before", "limit"})
# Histories read at the same time: they are waited for, not worked on.
READING_THREADS = 8

T = TypeVar("T")
Text = TypeVar("Text", str, str | None)


class HistoryNotComplete(Exception):
    """Nothing, or not everything, is known of this customer: somebody else has to answer."""


class RowOfAnother(Exception):
    """A customer's history holds somebody else's order: nobody is shown it."""

    def __init__(self, page: OrderHistoryPage) -> None:
        super().__init__(f"customer {page.customer_id}: somebody else's order as of {page.as_of}")


class BadParameter(Exception):
    """A parameter of the request cannot be read; `name` tells which."""

    def __init__(self, name: str, complaint: str) -> None:
        """Name the parameter and say what is wrong with it."""
        super().__init__(f"{name}: {complaint}")
        self.name = name


def read_query(customer_id: str, parameters: Mapping[str, str]) -> OrderHistoryQuery:
    """Read a query from a request: the `id` of its path and the parameters behind the "?".

    Raises:
        BadParameter: one is unknown (ignoring it would answer another question) or unreadable.
    """
    _check_names(parameters, PARAMETERS)
    return OrderHistoryQuery(
        customer_id=_read("id", customer_id, _customer_id),
        status=_find(parameters, "status", _status),
        placed_from=_find(parameters, "placed_from", _instant),
        placed_until=_find(parameters, "placed_until", _instant),
        before=_find(parameters, "before", _cursor),
        limit=_find(parameters, "limit", _limit) or DEFAULT_PAGE_SIZE,
    )


def answer(query: OrderHistoryQuery, store: Answering, *, tries: int = 3) -> OrderHistoryPage:
    """Answer a query; the page's `as_of` is the version that all its rows reflect.

    Head and rows are two reads. A row changed in between is newer than the head, and both are read
    again.

    Raises:
        HistoryNotComplete: the history is unknown, awaits its snapshot, or would not hold still.
    """
    head = store.find_head(str(query.customer_id))
    if head is None or not head.is_complete:
        raise HistoryNotComplete(f"customer {query.customer_id}: no complete history here yet")
    try:
        rows = store.list_rows(query, as_of=head.as_of)
    except HeadMoved as error:
        if tries == 1:
            raise HistoryNotComplete(f"customer {query.customer_id}: changing fast") from error
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


def read_customer_ids(parameters: Mapping[str, str]) -> list[str]:
    """Read whose checksum is asked for: `ids`, separated by commas, at most a hundred.

    Raises:
        BadParameter: there are none, too many, one is not a customer's, or there is more.
    """
    _check_names(parameters, {"ids"})
    ids = _read("ids", parameters.get("ids", ""), lambda text: text.split(","))
    if len(ids) > MOST_KEYS:
        raise BadParameter("ids", f"more than {MOST_KEYS}")
    return [str(_read("ids", each, _customer_id)) for each in ids]


def read_place_in_list(parameters: Mapping[str, str]) -> str | None:
    """Read behind whom the list of customers goes on; None: from its start.

    Raises:
        BadParameter: there is something else.
    """
    _check_names(parameters, {"after"})
    return parameters.get("after")


def checksum(customer_ids: list[str], store: Store) -> Checksum:
    """Sum up the whole answers for these customers, as whoever asks for all pages would get them.

    Somebody whose history is incomplete, or just changing, has no version and counts for nothing.
    """
    with ThreadPoolExecutor(READING_THREADS) as threads:
        histories = threads.map(store.read_history, customer_ids)
        return checksum_of(map(_digest, customer_ids, histories))


def list_customers(after: str | None, store: Store) -> KeyList:
    """List some of the customers of whom anything is kept, complete or not.

    Raises:
        BadParameter: `after` is not the `next` of another list.
    """
    customers, following = _read("after", after, store.list_customers)
    return KeyList(keys=tuple(customers), next=following)


@dataclass(frozen=True, slots=True)
class _ReadAtOnce:
    """A history that was read already, to answer from."""

    history: History

    def find_head(self, _customer_id: str) -> Head | None:
        return self.history.head

    def list_rows(self, query: OrderHistoryQuery, *, as_of: int) -> list[OrderRow]:
        return select_rows(self.history.rows, query, as_of=as_of)


def _digest(customer_id: str, history: History) -> KeyDigest:
    try:
        pages = _all_pages(int(customer_id), _ReadAtOnce(history))
    except HistoryNotComplete:
        return KeyDigest(key=customer_id)
    return KeyDigest(key=customer_id, version=pages[0].as_of, digest=digest_of(customer_id, pages))


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


def _find(parameters: Mapping[str, str], name: str, read: Callable[[str], T]) -> T | None:
    return _read(name, parameters[name], read) if name in parameters else None


def _check_names(parameters: Mapping[str, str], known: Collection[str]) -> None:
    for name in parameters.keys() - known:
        raise BadParameter(name, "no such parameter")


def _read(name: str, text: Text, read: Callable[[Text], T]) -> T:
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        raise BadParameter(name, str(error)) from error


def _customer_id(text: str) -> int:
    return _whole_number(text, 1, 2**63 - 1)


def _limit(text: str) -> int:
    return _whole_number(text, 1, LARGEST_PAGE_SIZE)


def _whole_number(text: str, smallest: int, largest: int) -> int:
    if text.isascii() and text.isdigit() and smallest <= int(text) <= largest:
        return int(text)
    raise ValueError(f"expected a whole number from {smallest} to {largest}")


def _status(text: str) -> str:
    if text in ORDER_STATUSES:
        return text
    raise ValueError(f"expected one of {', '.join(ORDER_STATUSES)}")


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("expected an instant with a time zone")
    return instant.astimezone(UTC)


def _cursor(text: str) -> Cursor:
    cursor = Cursor.parse(text)
    return Cursor(cursor.placed_at.astimezone(UTC), cursor.order_number)
