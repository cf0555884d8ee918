"""What AWS Lambda calls: events in, answers out. Wiring only."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from event_contracts.plain_values import to_plain
from extracted_services.lambda_support import edge_callers
from extracted_services.lambda_support.code_digest import code_of
from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.observability import structured_logger
from extracted_services.lambda_support.responding import json_response, problem, respond
from extracted_services.order_history import projection, queries, store

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.envelope import Envelope
    from event_contracts.order_history import OrderHistoryPage, OwnOrdersPage
    from extracted_services.lambda_support.responding import Request, Response
    from extracted_services.order_history.projection import Outcome
    from extracted_services.order_history.store import Store

LOGGER = structured_logger("order_history")


def on_events(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Project a batch of a FIFO queue; the answer names the messages to deliver again."""
    return consumer(_store()).consume(event)


def on_request(event: dict[str, Any], context: Any) -> Response:
    """Answer a request; each answer says which code gave it."""
    return respond(event, context, partial(answer, kept_in=_store()), LOGGER, build=_build())


@cache
def _build() -> str:
    return code_of("event_contracts", "extracted_services.lambda_support", __package__)


@cache
def _store() -> store.DynamoDBStore:
    return store.connect(os.environ["TABLE_NAME"])


def consumer(kept_in: Store) -> Consumer:
    """Return the consumer that keeps histories in this store."""
    return Consumer(
        handle=partial(project, kept_in=kept_in),
        reads=projection.READS,
        logger=LOGGER,
        expected_failures={projection.VersionGap: "gap"},
    )


def project(envelope: Envelope, *, kept_in: Store) -> Outcome:
    """Apply one event to the history that it belongs to.

    Raises:
        VersionGap: an earlier event is missing; deliver this one again after it.
        HeadMoved, RowMissing: see `store.settle`.
    """
    customer_id = projection.customer_of(envelope)
    if customer_id is None:
        return projection.Outcome.IGNORED
    return store.settle(kept_in, customer_id, partial(projection.decide, envelope)).outcome


def answer(request: Request, *, kept_in: Store) -> Response:
    """Answer one request out of this store."""
    try:
        return json_response(to_plain(_ANSWERS[request.route](request, kept_in)))
    except edge_callers.TokenExpired:
        return edge_callers.renewal_problem()
    except queries.BadParameter as error:
        return problem(
            400, "bad-parameter", "Bad parameter", detail=str(error), parameter=error.name
        )
    except queries.HistoryNotComplete as error:
        return problem(404, "history-not-complete", "History not complete", detail=str(error))


def _orders(request: Request, kept_in: Store) -> OrderHistoryPage:
    return _orders_of(request.path["id"], request, kept_in)


def _own_orders(request: Request, kept_in: Store) -> OwnOrdersPage:
    # Whatever the address says, the token says whose history it is.
    customer_id = edge_callers.customer_of(request.caller)
    return queries.own_page(_orders_of(customer_id, request, kept_in))


def _orders_of(customer_id: str, request: Request, kept_in: Store) -> OrderHistoryPage:
    return queries.answer(queries.read_query(customer_id, request.parameters), kept_in)


def _checksum(request: Request, kept_in: Store) -> Checksum:
    return queries.checksum(queries.read_customer_ids(request.parameters), kept_in)


def _customers(request: Request, kept_in: Store) -> KeyList:
    return queries.list_customers(queries.read_place_in_list(request.parameters), kept_in)


_ANSWERS: dict[str, Callable[[Request, Store], object]] = {
    "GET /customers/{id}/orders": _orders,
    "GET /customers/checksums": _checksum,
    "GET /customers": _customers,
    "GET /edge/order_history": _own_orders,
}
