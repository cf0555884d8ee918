"""What has this customer ordered? The read behind *my orders*."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from event_contracts.order_history import (
    LARGEST_PAGE_SIZE,
    Cursor,
    OrderHistoryPage,
    OrderHistoryQuery,
)
from event_contracts.ordering import OrderHistorySnapshotTaken
from event_contracts.streams import NOBODY, customer_stream
from monolith.ordering.migration_paths.customer_keys import (
    customer_source,
    evenly_spread,
    keys_request,
    nobodys_heartbeat,
)
from monolith.ordering.queries import list_order_summaries, list_orders_for_customer
from monolith.strangler.comparison import differences
from monolith.strangler.registry import MovingRead, ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

ORDER_HISTORY = "order_history"
_PAGES = ("first", "later")
_FILTERS = ("all", "status", "dates", "status+dates")


def _service_request(query: OrderHistoryQuery) -> ServiceRequest:
    given = {
        "status": query.status,
        "placed_from": _text(query.placed_from),
        "placed_until": _text(query.placed_until),
        "before": str(query.before) if query.before else None,
        "limit": str(query.limit),
    }
    return ServiceRequest(
        path=f"/customers/{query.customer_id}/orders",
        parameters={name: value for name, value in given.items() if value is not None},
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _stream_of(query: OrderHistoryQuery) -> str:
    return customer_stream(query.customer_id)


def _version_of(page: OrderHistoryPage) -> int:
    return page.as_of


def _subject_of(query: OrderHistoryQuery) -> str:
    return str(query.customer_id)


def _subjects_in(page: OrderHistoryPage) -> tuple[str, ...]:
    return (str(page.customer_id), *(str(order.customer_id) for order in page.orders))


def _shape_of(query: OrderHistoryQuery) -> str:
    has_dates = query.placed_from is not None or query.placed_until is not None
    filters = [name for name, has in (("status", query.status), ("dates", has_dates)) if has]
    return f"{'later' if query.before else 'first'}/{'+'.join(filters) or 'all'}"


def _sample_queries(keys: int) -> Iterator[OrderHistoryQuery]:
    """Ask of some customers with orders, evenly spread, in every shape that they have rows for."""
    found = 0
    for customer_id in evenly_spread(keys):
        if found == keys:
            return
        queries = list(_queries_about(customer_id))
        found += bool(queries)
        yield from queries


def _queries_about(customer_id: int) -> Iterator[OrderHistoryQuery]:
    orders = list_order_summaries(customer_id=customer_id)
    if not orders:
        return
    middle = orders[len(orders) // 2]
    for before in (None, Cursor.at(orders[0])):
        query = OrderHistoryQuery(customer_id=customer_id, before=before)
        yield query
        yield replace(query, status=middle.status)
        yield replace(query, placed_from=middle.placed_at)
        yield replace(query, status=middle.status, placed_until=middle.placed_at)


# The keys of this path are customer numbers: customers without orders have an empty history.


def _snapshot(key: str) -> OrderHistorySnapshotTaken:
    customer_id = int(key)
    orders = list_order_summaries(customer_id=customer_id)
    return OrderHistorySnapshotTaken(customer_id=customer_id, orders=orders)


def _first_query(key: str) -> OrderHistoryQuery:
    return OrderHistoryQuery(customer_id=int(key), limit=LARGEST_PAGE_SIZE)


def _next_query(query: OrderHistoryQuery, page: OrderHistoryPage) -> OrderHistoryQuery | None:
    return replace(query, before=Cursor.parse(page.next)) if page.next else None


def _checksum_request(keys: Sequence[str]) -> ServiceRequest:
    return ServiceRequest(path="/customers/checksums", parameters={"ids": ",".join(keys)})


order_history = MovingRead(
    name=ORDER_HISTORY,
    family="orders",
    monolith_answer=list_orders_for_customer,
    service_request=_service_request,
    answer_class=OrderHistoryPage,
    version_of=_version_of,
    stream_of=_stream_of,
    read_at="/api/v1/orders/",
    subject_of=_subject_of,
    sources=("monolith.ordering.queries.history",),
    compare=partial(differences, keys={"orders": "order_number"}),
    subjects_in=_subjects_in,
    shape_of=_shape_of,
    shapes=tuple(f"{page}/{filters}" for page in _PAGES for filters in _FILTERS),
    sample_queries=_sample_queries,
    query_class=OrderHistoryQuery,
    source=customer_source(snapshot=_snapshot, first_query=_first_query, next_query=_next_query),
    checksum_request=_checksum_request,
    keys_request=keys_request,
    heartbeat=nobodys_heartbeat(
        ORDER_HISTORY, key=str(NOBODY), query=OrderHistoryQuery(customer_id=NOBODY, limit=1)
    ),
)
