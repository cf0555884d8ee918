"""What AWS Lambda calls: events in, answers out. Wiring only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from extracted_services.customer_summary import projection, queries, store
from extracted_services.lambda_support import edge_callers
from extracted_services.read_models import parameters
from extracted_services.read_models.projecting import Outcome
from extracted_services.read_models.wiring import ReadModelService

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.customer_summary import CustomerSummary
    from event_contracts.envelope import Envelope
    from extracted_services.customer_summary.store import SummaryStore
    from extracted_services.lambda_support.responding import Request


def project(envelope: Envelope, *, kept_in: SummaryStore) -> Outcome:
    """Apply one event to the summary that it belongs to.

    Raises:
        VersionGap: an earlier event is missing; deliver this one again after it.
        OrderUnknown: it changes an order that was never placed.
        HeadMoved: see `ReadModelStore.settle`.
    """
    customer_id = projection.customer_of(envelope)
    if customer_id is None:
        return Outcome.IGNORED
    # Read anew with every head: what an event touches is true for one head only.
    touched = partial(kept_in.touched_by, envelope.data, customer_id=customer_id)
    decide = partial(projection.decide, envelope, touched=touched)
    return kept_in.settle(customer_id, decide).outcome


def _summary(request: Request, kept_in: SummaryStore) -> CustomerSummary:
    return _summary_of(request.path["id"], request, kept_in)


def _own_summary(request: Request, kept_in: SummaryStore) -> CustomerSummary:
    # Whatever the address says, the token says whose summary it is.
    return _summary_of(edge_callers.customer_of(request.caller), request, kept_in)


def _summary_of(customer_id: str, request: Request, kept_in: SummaryStore) -> CustomerSummary:
    return queries.answer(queries.read_query(customer_id, request.parameters), kept_in)


def _checksum(request: Request, kept_in: SummaryStore) -> Checksum:
    return queries.checksum(queries.read_checksum_queries(request.parameters), kept_in)


def _customers(request: Request, kept_in: SummaryStore) -> KeyList:
    return queries.list_customers(parameters.read_place_in_list(request.parameters), kept_in)


_ANSWERS: dict[str, Callable[[Request, SummaryStore], object]] = {
    "GET /customers/{id}/summary": _summary,
    "GET /customers/checksums": _checksum,
    "GET /customers": _customers,
    "GET /edge/customer_summary": _own_summary,
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
