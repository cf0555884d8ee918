"""What AWS Lambda calls: events in, answers out. Wiring only."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from extracted_services.customer_summary import projection, queries, store
from extracted_services.lambda_support import edge_callers
from extracted_services.lambda_support.code_digest import build_of
from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.observability import structured_logger
from extracted_services.lambda_support.responding import respond
from extracted_services.read_models import answering, parameters
from extracted_services.read_models.projecting import Outcome, VersionGap

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.customer_summary import CustomerSummary
    from event_contracts.envelope import Envelope
    from extracted_services.customer_summary.store import SummaryStore
    from extracted_services.lambda_support.responding import Request, Response

LOGGER = structured_logger("customer_summary")


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
def _store() -> SummaryStore:
    return store.connect(os.environ["TABLE_NAME"])


def consumer(kept_in: SummaryStore) -> Consumer:
    """Return the consumer that keeps summaries in this store."""
    return Consumer(
        handle=partial(project, kept_in=kept_in),
        reads=projection.READS,
        snapshots=projection.SNAPSHOTS,
        logger=LOGGER,
        expected_failures={VersionGap: "gap"},
    )


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


def answer(request: Request, *, kept_in: SummaryStore) -> Response:
    """Answer one request out of this store."""
    return answering.answer(request, _ANSWERS, kept_in=kept_in)


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
