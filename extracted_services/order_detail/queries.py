"""From a request to its answer, out of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.order_detail import OrderDetailAnswer, OrderDetailQuery
from event_contracts.streams import CUSTOMER, GUEST_ORDER, stream_key, stream_kind
from extracted_services.read_models import answering, parameters
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import BadParameter
from extracted_services.read_models.tables import HeadMoved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.ordering import OrderRecord
    from extracted_services.order_detail.store import Answering, Orders, OrderStore
    from extracted_services.read_models.projecting import Head

NUMBERS = frozenset({"order_number", "after"})


def read_query(given: Mapping[str, str]) -> OrderDetailQuery:
    """Read a query: `order_number`, and `customer_id` unless it is a guest's.

    Without `order_number` it asks for the customer's order that comes next `after` a number, and
    without that, too, for the first.

    Raises:
        BadParameter: one is unknown, unreadable or missing, or both numbers are given.
    """
    parameters.check_names(given, NUMBERS | {"customer_id"})
    customer_id = parameters.find(given, "customer_id", parameters.identity)
    return _query(given, customer_id)


def read_own_query(customer_id: str, given: Mapping[str, str]) -> OrderDetailQuery:
    """Read a query of a customer's own: whose order it is, the address does not say.

    Raises:
        BadParameter: see `read_query`.
    """
    parameters.check_names(given, NUMBERS)
    return _query(given, parameters.read("customer_id", customer_id, parameters.identity))


def answer(query: OrderDetailQuery, store: Answering, *, tries: int = 3) -> OrderDetailAnswer:
    """Answer a query; `as_of` is the version that the order reflects.

    Head and rows are two reads. A row changed in between is newer than the head, and both are read
    again.

    Raises:
        NotComplete: the stream's orders are unknown, await a snapshot, or would not hold still.
    """
    head = _complete(store.find_head(query.stream), query.stream)
    find = store.find_order_behind if query.is_next else store.find_order
    try:
        order = find(query.stream, query.order_number, as_of=head.as_of)
    except HeadMoved as error:
        if tries == 1:
            raise NotComplete("orders", f"{query.stream}: changing fast") from error
        return answer(query, store, tries=tries - 1)
    return OrderDetailAnswer(customer_id=query.customer_id, as_of=head.as_of, order=order)


def checksum(streams: list[str], store: OrderStore) -> Checksum:
    """Sum up the whole answers for these streams; see `answering.checksum`."""

    def whole_answer(stream: str) -> tuple[int, list[OrderDetailAnswer]]:
        try:
            kept = store.read_orders(stream)
        except HeadMoved as error:
            raise NotComplete("orders", f"{stream}: changing fast") from error
        as_of = _complete(kept.head, stream).as_of
        customer_id = int(stream_key(stream)) if stream_kind(stream) == CUSTOMER else None
        return as_of, [
            OrderDetailAnswer(customer_id=customer_id, as_of=as_of, order=order)
            for order in _walked(stream, kept)
        ]

    return answering.checksum(streams, whole_answer)


def read_stream(text: str) -> str:
    """Read the name of a stream on which orders travel.

    Raises:
        ValueError: it is none.
    """
    kind = stream_kind(text)
    if kind == CUSTOMER:
        parameters.identity(stream_key(text))
    elif kind != GUEST_ORDER:
        raise ValueError(f"no orders travel on {text!r}")
    return text


def list_streams(after: str | None, store: OrderStore) -> KeyList:
    """List some of the streams of which anything is kept; see `answering.list_keys`."""
    return answering.list_keys(after, store.list_keys)


def _query(given: Mapping[str, str], customer_id: int | None) -> OrderDetailQuery:
    number, after = given.get("order_number"), given.get("after")
    if number and after:
        raise BadParameter("after", "not together with order_number")
    if number:
        return OrderDetailQuery(order_number=number, customer_id=customer_id)
    if customer_id is None:
        raise BadParameter("order_number", "missing")
    return OrderDetailQuery(order_number=after or "", customer_id=customer_id, is_next=True)


def _complete(head: Head | None, stream: str) -> Head:
    if head is None or not head.is_complete:
        raise NotComplete("orders", f"{stream}: no complete orders here yet")
    return head


def _walked(stream: str, kept: Orders) -> list[OrderRecord | None]:
    """Return what whoever walks over a stream is answered one after the other."""
    if stream_kind(stream) == CUSTOMER:
        return [*kept.orders, None]  # that there are no more is an answer, too
    number = stream_key(stream)
    return [next((order for order in kept.orders if order.order_number == number), None)]
