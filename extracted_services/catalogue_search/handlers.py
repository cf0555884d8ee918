"""What AWS Lambda calls: events in, indices out, answers out. Wiring only."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extracted_services.catalogue_search import projection, queries
from extracted_services.catalogue_search.store import products as store
from extracted_services.catalogue_search.store import publishing
from extracted_services.catalogue_search.store.known_products import KnownProducts
from extracted_services.lambda_support import edge_callers
from extracted_services.lambda_support.code_digest import build_of
from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.observability import structured_logger, with_metrics
from extracted_services.lambda_support.responding import respond
from extracted_services.read_models import answering, parameters
from extracted_services.read_models.projecting import Outcome, VersionGap

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.catalogue_search import CatalogueSearchPage
    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.envelope import Envelope
    from extracted_services.catalogue_search.store.products import CatalogueStore
    from extracted_services.catalogue_search.store.publishing import Reader
    from extracted_services.lambda_support.responding import Request, Response

LOGGER = structured_logger("catalogue_search")
UNITS = {"publications": "Count", "publish_ms": "Milliseconds"}


def on_events(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Project a batch of a FIFO queue, and have the index published when their window is over."""
    heard_of: dict[str, int] = {}
    failed = consumer(_store(), heard_of).consume(event)
    # Of what was known already, too: whoever handled it before may not have come to this.
    if heard_of:
        _wake_ups().send(store.WakeUp(sent_at=time.time(), versions=heard_of))
    return failed


def on_publish(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Publish what has changed; if that fails, the messages that asked for it come again."""
    began = time.perf_counter()
    wake_ups = [store.WakeUp.from_json(record["body"]) for record in event["Records"]]
    manifest = publishing.publish(_known(), _publication(), wake_ups, at=datetime.now(UTC))
    seconds = time.perf_counter() - began
    line = {
        "index": manifest.index,
        "beat": manifest.beat,
        "is_complete": manifest.is_complete,
        "publications": 1,
        "publish_ms": round(seconds * 1000),
    }
    LOGGER.info("index published", extra=with_metrics(line, UNITS, by=("service",)))
    # The queue has one group: while this one rests, no other publication begins.
    time.sleep(publishing.rest_after(seconds))
    return {"batchItemFailures": []}


def on_request(event: dict[str, Any], context: Any) -> Response:
    """Answer a request; each answer says which code gave it."""
    return respond(event, context, partial(answer, kept_in=_reader()), LOGGER, build=_build())


@cache
def _build() -> str:
    return build_of(__package__)


@cache
def _store() -> CatalogueStore:
    return store.connect_store(os.environ["TABLE_NAME"])


@cache
def _known() -> KnownProducts:
    return KnownProducts(_store(), clock=time.time)


@cache
def _wake_ups() -> store.WakeUps:
    return store.connect_wake_ups(os.environ["PUBLISH_QUEUE_URL"])


@cache
def _publication() -> store.Publication:
    return store.connect_publication(os.environ["INDEX_BUCKET"])


@cache
def _reader() -> Reader:
    folder = Path(tempfile.mkdtemp(prefix="catalogue-search-"))
    return publishing.Reader(_publication(), folder, clock=time.monotonic)


def consumer(kept_in: CatalogueStore, heard_of: dict[str, int]) -> Consumer:
    """Return the consumer that keeps products in this store, and notes what it heard of whom."""
    return Consumer(
        handle=partial(project, kept_in=kept_in, heard_of=heard_of),
        reads=projection.READS,
        snapshots=projection.SNAPSHOTS,
        logger=LOGGER,
        expected_failures={VersionGap: "gap"},
    )


def project(
    envelope: Envelope, *, kept_in: CatalogueStore, heard_of: dict[str, int] | None = None
) -> Outcome:
    """Apply one event to the product that it is about, and note the version that was heard of it.

    Raises:
        VersionGap: an earlier event is missing; deliver this one again after it.
        HeadMoved, RowMissing: see `ReadModelStore.settle`.
    """
    stock_code = projection.product_of(envelope)
    if stock_code is None:
        return Outcome.IGNORED
    if heard_of is not None:
        heard_of[stock_code] = envelope.version
    return kept_in.settle(stock_code, partial(projection.CATALOGUE.decide, envelope)).outcome


def answer(request: Request, *, kept_in: Reader) -> Response:
    """Answer one request out of the index that this reader has opened."""
    return answering.answer(request, _ANSWERS, kept_in=kept_in)


def _products(request: Request, reader: Reader) -> CatalogueSearchPage:
    query = queries.read_query(request.parameters)
    return queries.answer(query, reader.current(), at=datetime.now(UTC))


def _at_the_edge(request: Request, reader: Reader) -> CatalogueSearchPage:
    # The catalogue is the same for everybody; that somebody may ask is all that matters.
    edge_callers.customer_of(request.caller)
    return _products(request, reader)


def _checksum(request: Request, reader: Reader) -> Checksum:
    stock_codes = parameters.read_keys(request.parameters, str)
    return queries.checksum(stock_codes, reader.current(), at=datetime.now(UTC))


def _keys(request: Request, reader: Reader) -> KeyList:
    return queries.list_keys(parameters.read_place_in_list(request.parameters), reader.current())


_ANSWERS: dict[str, Callable[[Request, Reader], object]] = {
    "GET /products": _products,
    "GET /products/checksums": _checksum,
    "GET /products/keys": _keys,
    "GET /edge/catalogue_search": _at_the_edge,
}
