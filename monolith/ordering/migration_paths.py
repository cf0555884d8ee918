"""The reads of ordering that are moving out to services."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from event_contracts.order_history import (
    LARGEST_PAGE_SIZE,
    Cursor,
    OrderHistoryPage,
    OrderHistoryQuery,
)
from event_contracts.ordering import OrderHistorySnapshotTaken
from event_contracts.streams import customer_stream
from monolith.customers.queries import list_customer_ids
from monolith.ordering.queries import list_order_summaries, list_orders_for_customer
from monolith.strangler import registry
from monolith.strangler.registry import MovingRead, ServiceRequest, SnapshotSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ORDER_HISTORY = "order_history"


def declare() -> None:
    """Make the moving reads known to the strangler; called once the apps are loaded."""
    registry.declare(order_history)


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


# The keys of this path are customer numbers: customers without orders have an empty history.


def _keys_after(after: str, limit: int) -> Sequence[str]:
    return [
        str(customer_id) for customer_id in list_customer_ids(after=int(after or 0), limit=limit)
    ]


def _stream_of_key(key: str) -> str:
    return customer_stream(int(key))


def _snapshot(key: str) -> OrderHistorySnapshotTaken:
    customer_id = int(key)
    orders = list_order_summaries(customer_id=customer_id)
    return OrderHistorySnapshotTaken(customer_id=customer_id, orders=orders)


def _first_query(key: str) -> OrderHistoryQuery:
    return OrderHistoryQuery(customer_id=int(key), limit=LARGEST_PAGE_SIZE)


def _next_query(query: OrderHistoryQuery, page: OrderHistoryPage) -> OrderHistoryQuery | None:
    return replace(query, before=Cursor.parse(page.next)) if page.next else None


order_history = MovingRead(
    name=ORDER_HISTORY,
    family="orders",
    monolith_answer=list_orders_for_customer,
    service_request=_service_request,
    answer_class=OrderHistoryPage,
    version_of=_version_of,
    stream_of=_stream_of,
    read_at="/api/v1/orders/",
    source=SnapshotSource(
        keys_after=_keys_after,
        stream_of=_stream_of_key,
        snapshot=_snapshot,
        first_query=_first_query,
        next_query=_next_query,
    ),
)
