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
from extracted_services.order_history import projection, queries, store
from extracted_services.read_models import answering, parameters
from extracted_services.read_models.projecting import Outcome, VersionGap

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.envelope import Envelope
    from event_contracts.order_history import OrderHistoryPage, OwnOrdersPage
    from extracted_services.lambda_support.responding import Request, Response
    from extracted_services.order_history.store import HistoryStore

LOGGER = structured_logger("order_history")


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
def _store() -> HistoryStore:
    return store.connect(os.environ["TABLE_NAME"])


def consumer(kept_in: HistoryStore) -> Consumer:
    """Return the consumer that keeps histories in this store."""
    return Consumer(
        handle=partial(project, kept_in=kept_in),
        reads=projection.READS,
        snapshots=projection.SNAPSHOTS,
        logger=LOGGER,
        expected_failures={VersionGap: "gap"},
    )


def project(envelope: Envelope, *, kept_in: HistoryStore) -> Outcome:
    """Apply one event to the history that it belongs to.

    Raises:
        VersionGap: an earlier event is missing; deliver this one again after it.
        HeadMoved, RowMissing: see `ReadModelStore.settle`.
    """
    customer_id = projection.customer_of(envelope)
    if customer_id is None:
        return Outcome.IGNORED
    return kept_in.settle(customer_id, partial(projection.HISTORY.decide, envelope)).outcome


def answer(request: Request, *, kept_in: HistoryStore) -> Response:
    """Answer one request out of this store."""
    return answering.answer(request, _ANSWERS, kept_in=kept_in)


def _orders(request: Request, kept_in: HistoryStore) -> OrderHistoryPage:
    return _orders_of(request.path["id"], request, kept_in)


def _own_orders(request: Request, kept_in: HistoryStore) -> OwnOrdersPage:
    # Whatever the address says, the token says whose history it is.
    customer_id = edge_callers.customer_of(request.caller)
    return queries.own_page(_orders_of(customer_id, request, kept_in))


def _orders_of(customer_id: str, request: Request, kept_in: HistoryStore) -> OrderHistoryPage:
    return queries.answer(queries.read_query(customer_id, request.parameters), kept_in)


def _checksum(request: Request, kept_in: HistoryStore) -> Checksum:
    return queries.checksum(parameters.read_keys(request.parameters, parameters.identity), kept_in)


def _customers(request: Request, kept_in: HistoryStore) -> KeyList:
    return queries.list_customers(parameters.read_place_in_list(request.parameters), kept_in)


_ANSWERS: dict[str, Callable[[Request, HistoryStore], object]] = {
    "GET /customers/{id}/orders": _orders,
    "GET /customers/checksums": _checksum,
    "GET /customers": _customers,
    "GET /edge/order_history": _own_orders,
}
