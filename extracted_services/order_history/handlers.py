"""What AWS Lambda calls: events in, answers out. Wiring only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from extracted_services.lambda_support import edge_callers
from extracted_services.order_history import projection, queries, store
from extracted_services.read_models import parameters
from extracted_services.read_models.projecting import Outcome
from extracted_services.read_models.wiring import ReadModelService

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.envelope import Envelope
    from event_contracts.order_history import OrderHistoryPage, OwnOrdersPage
    from extracted_services.lambda_support.responding import Request
    from extracted_services.order_history.store import HistoryStore


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
