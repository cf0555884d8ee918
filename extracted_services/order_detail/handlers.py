"""What AWS Lambda calls: events in, answers out. Wiring only."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from extracted_services.lambda_support import edge_callers
from extracted_services.lambda_support.code_digest import build_of
from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.observability import structured_logger
from extracted_services.lambda_support.responding import respond
from extracted_services.order_detail import projection, queries, store
from extracted_services.read_models import answering, parameters
from extracted_services.read_models.projecting import Outcome, VersionGap

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.envelope import Envelope
    from event_contracts.order_detail import OrderDetailAnswer
    from extracted_services.lambda_support.responding import Request, Response
    from extracted_services.order_detail.store import OrderStore

LOGGER = structured_logger("order_detail")


def on_events(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Project a batch of a FIFO queue; the answer names the messages to deliver again."""
    return consumer(_store()).consume(event)


def on_request(event: dict[str, Any], context: Any) -> Response:
    """Answer a request; each answer says which code gave it."""
    return respond(event, context, partial(answer, kept_in=_store()), LOGGER, build=_build())


@cache
def _build() -> str:
    return build_of(__package__)


@cache
def _store() -> OrderStore:
    return store.connect(os.environ["TABLE_NAME"])


def consumer(kept_in: OrderStore) -> Consumer:
    """Return the consumer that keeps orders in this store."""
    return Consumer(
        handle=partial(project, kept_in=kept_in),
        reads=projection.READS,
        snapshots=projection.SNAPSHOTS,
        logger=LOGGER,
        expected_failures={VersionGap: "gap"},
    )


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


def answer(request: Request, *, kept_in: OrderStore) -> Response:
    """Answer one request out of this store."""
    return answering.answer(request, _ANSWERS, kept_in=kept_in)


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
