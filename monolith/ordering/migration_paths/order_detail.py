"""What about this order? The read behind the page of one order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from event_contracts.order_detail import OrderDetailAnswer, OrderDetailQuery
from event_contracts.streams import (
    CUSTOMER,
    NOBODY,
    customer_stream,
    guest_order_stream,
    stream_key,
    stream_kind,
)
from monolith.customers.queries import count_customers, known_customer_ids, list_customer_ids
from monolith.ordering.migration_paths.customer_keys import nobodys_heartbeat
from monolith.ordering.queries import (
    count_guest_orders,
    get_order_detail,
    get_orders_snapshot,
    known_guest_orders,
    list_guest_orders,
    list_sample_orders,
)
from monolith.strangler.comparison import differences
from monolith.strangler.registry import MovingRead, ServiceRequest, SnapshotSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ORDER_DETAIL = "order_detail"
_OF_A_CUSTOMER, _OF_A_GUEST = "customer", "guest"
# Lines stand by position, and so does what came back of them.
_KEYS = {"order.returns": "credit_note_number", "order.returns[].lines": "position"}


def _service_request(query: OrderDetailQuery) -> ServiceRequest:
    given = {
        "after" if query.is_next else "order_number": query.order_number,
        "customer_id": "" if query.customer_id is None else str(query.customer_id),
    }
    return ServiceRequest(
        path="/orders", parameters={name: value for name, value in given.items() if value}
    )


def _version_of(answer: OrderDetailAnswer) -> int:
    return answer.as_of


def _stream_of(query: OrderDetailQuery) -> str:
    return query.stream


def _subject_of(query: OrderDetailQuery) -> str:
    # A guest is nobody whom other reads are about: their order stands for them.
    return query.stream if query.customer_id is None else str(query.customer_id)


def _subjects_in(answer: OrderDetailAnswer) -> tuple[str, ...]:
    if answer.customer_id is not None:
        return (str(answer.customer_id),)
    return (guest_order_stream(answer.order.order_number),) if answer.order else ()


def _shape_of(query: OrderDetailQuery) -> str:
    return _OF_A_GUEST if query.customer_id is None else _OF_A_CUSTOMER


def _sample_queries(keys: int) -> Iterator[OrderDetailQuery]:
    """Ask about orders of customers and of guests, so many of each, evenly spread over time."""
    for of_guests in (False, True):
        for order_number, customer_id in list_sample_orders(keys, of_guests=of_guests):
            yield OrderDetailQuery(order_number=order_number, customer_id=customer_id)


# The keys of this path are streams: every customer's, with or without orders, and then those of
# guests' orders.


def _keys_after(after: str, limit: int) -> Sequence[str]:
    keys: list[str] = []
    if not after or stream_kind(after) == CUSTOMER:
        behind = int(stream_key(after)) if after else 0
        keys += map(customer_stream, list_customer_ids(after=behind, limit=limit))
        after = ""
    guests = list_guest_orders(after=stream_key(after), limit=limit - len(keys))
    return [*keys, *map(guest_order_stream, guests)]


def _count() -> int:
    return count_customers() + count_guest_orders()


def _known(keys: Sequence[str]) -> set[str]:
    customers = {int(stream_key(key)) for key in keys if stream_kind(key) == CUSTOMER}
    guests = {stream_key(key) for key in keys if stream_kind(key) != CUSTOMER}
    return {
        *map(customer_stream, known_customer_ids(customer_ids=customers)),
        *map(guest_order_stream, known_guest_orders(order_numbers=guests)),
    }


def _stream_of_key(key: str) -> str:
    return key


def _first_query(key: str) -> OrderDetailQuery:
    if stream_kind(key) == CUSTOMER:
        return OrderDetailQuery(order_number="", customer_id=int(stream_key(key)), is_next=True)
    return OrderDetailQuery(order_number=stream_key(key), customer_id=None)


def _next_query(query: OrderDetailQuery, answer: OrderDetailAnswer) -> OrderDetailQuery | None:
    if query.customer_id is None or answer.order is None:
        return None
    return replace(query, order_number=answer.order.order_number)


def _checksum_request(keys: Sequence[str]) -> ServiceRequest:
    return ServiceRequest(path="/streams/checksums", parameters={"ids": ",".join(keys)})


def _keys_request(after: str | None) -> ServiceRequest:
    return ServiceRequest(path="/streams", parameters={"after": after} if after else {})


order_detail = MovingRead(
    name=ORDER_DETAIL,
    family="orders",
    monolith_answer=get_order_detail,
    service_request=_service_request,
    answer_class=OrderDetailAnswer,
    version_of=_version_of,
    stream_of=_stream_of,
    read_at="/api/v1/orders/{order_number}/",
    subject_of=_subject_of,
    sources=("monolith.ordering.queries.records",),
    compare=partial(differences, keys=_KEYS),
    subjects_in=_subjects_in,
    shape_of=_shape_of,
    shapes=(_OF_A_CUSTOMER, _OF_A_GUEST),
    sample_queries=_sample_queries,
    query_class=OrderDetailQuery,
    source=SnapshotSource(
        keys_after=_keys_after,
        stream_of=_stream_of_key,
        snapshot=get_orders_snapshot,
        first_query=_first_query,
        next_query=_next_query,
        count=_count,
        known=_known,
    ),
    checksum_request=_checksum_request,
    keys_request=_keys_request,
    heartbeat=nobodys_heartbeat(
        ORDER_DETAIL,
        key=customer_stream(NOBODY),
        query=_first_query(customer_stream(NOBODY)),
    ),
)
