"""What AWS Lambda calls: events in, answers out. Wiring only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from extracted_services.lambda_support import edge_callers
from extracted_services.order_detail import projection, queries, store
from extracted_services.read_models import parameters
from extracted_services.read_models.projecting import Outcome
from extracted_services.read_models.wiring import ReadModelService

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.envelope import Envelope
    from event_contracts.order_detail import OrderDetailAnswer
    from extracted_services.lambda_support.responding import Request
    from extracted_services.order_detail.store import OrderStore


def project(envelope: Envelope, *, kept_in: OrderStore) -> Outcome:
    """Apply one event to the orders that it belongs to.

    Raises:
        VersionGap: an earlier event is missing; deliver this one again after it.
        PositionMissing: see `projection`.
        HeadMoved, RowMissing: see `ReadModelStore.settle`.
    """
    stream = projection.stream_of(envelope)
    if stream is None:
        return Outcome.IGNORED
    return kept_in.settle(stream, partial(projection.ORDERS.decide, envelope)).outcome


def _order(request: Request, kept_in: OrderStore) -> OrderDetailAnswer:
    return queries.answer(queries.read_query(request.parameters), kept_in)


def _own_order(request: Request, kept_in: OrderStore) -> OrderDetailAnswer:
    # Whatever the address says, the token says whose order it must be.
    customer_id = edge_callers.customer_of(request.caller)
    return queries.answer(queries.read_own_query(customer_id, request.parameters), kept_in)


def _checksum(request: Request, kept_in: OrderStore) -> Checksum:
    return queries.checksum(parameters.read_keys(request.parameters, queries.read_stream), kept_in)


def _streams(request: Request, kept_in: OrderStore) -> KeyList:
    return queries.list_streams(parameters.read_place_in_list(request.parameters), kept_in)


_ANSWERS: dict[str, Callable[[Request, OrderStore], object]] = {
    "GET /orders": _order,
    "GET /streams/checksums": _checksum,
    "GET /streams": _streams,
    "GET /edge/order_detail": _own_order,
}

SERVICE = ReadModelService(
    __package__,
    connect=store.connect,
    project=project,
    reads=projection.READS,
    snapshots=projection.SNAPSHOTS,
    answers=_ANSWERS,
)
on_events, on_request = SERVICE.on_events, SERVICE.on_request
consumer, answer = SERVICE.consumer, SERVICE.answer
