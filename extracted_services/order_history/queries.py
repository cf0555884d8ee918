"""From a request to its answer, out of a store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from event_contracts.order_history import (
    DEFAULT_PAGE_SIZE,
    LARGEST_PAGE_SIZE,
    ORDER_STATUSES,
    Cursor,
    OrderHistoryPage,
    OrderHistoryQuery,
)
from extracted_services.order_history.store import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extracted_services.order_history.store import Store
    from extracted_services.order_history.view import OrderRow

PARAMETERS = frozenset({"status", "placed_from", "placed_until", "before", "limit"})

T = TypeVar("T")


class HistoryNotComplete(Exception):
    """Nothing, or not everything, is known of this customer: somebody else has to answer."""


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
    for name in parameters.keys() - PARAMETERS:
        raise BadParameter(name, "no such parameter")
    return OrderHistoryQuery(
        customer_id=_read("id", customer_id, _customer_id),
        status=_find(parameters, "status", _status),
        placed_from=_find(parameters, "placed_from", _instant),
        placed_until=_find(parameters, "placed_until", _instant),
        before=_find(parameters, "before", _cursor),
        limit=_find(parameters, "limit", _limit) or DEFAULT_PAGE_SIZE,
    )


def answer(query: OrderHistoryQuery, store: Store, *, tries: int = 3) -> OrderHistoryPage:
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


def _read(name: str, text: str, read: Callable[[str], T]) -> T:
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
