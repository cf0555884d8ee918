"""What AWS Lambda calls: events in, files merged, answers out. Wiring only.

Only merging and answering import DuckDB: taking events in needs none of it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from extracted_services.lambda_support.code_digest import build_of
from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.observability import structured_logger, with_metrics
from extracted_services.lambda_support.responding import respond
from extracted_services.read_models import answering, parameters
from extracted_services.sales_insights import projection, queries, store
from extracted_services.sales_insights.view import READS, SNAPSHOTS, landing_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.checksums import Checksum, KeyList
    from event_contracts.envelope import Envelope
    from event_contracts.sales_insights import Answer
    from extracted_services.lambda_support.responding import Request, Response
    from extracted_services.sales_insights.store import ObjectLake
    from extracted_services.sales_insights.view import Row

LOGGER = structured_logger("sales_insights")
TAKEN = "taken"
# A merge that its time-out ends has been in vain.
_LEAST_MILLISECONDS = 120_000
_UNITS = {"landed": "Count", "rows": "Count", "files": "Count"}


def on_events(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Keep a batch of a FIFO queue as one object; the answer names what to deliver again."""
    return take_in(event, kept_in=_lake())


def on_schedule(_event: dict[str, Any], context: Any) -> None:
    """Merge what has landed: as much of it as there is time for, so a backfill is merged soon."""
    while _merge().may_be_more and _has_time(context):
        pass


def _merge() -> projection.Merged:
    merged = projection.merge(_lake(), _engine(), now=datetime.now(UTC))
    fields = {"landed": merged.landed, "rows": merged.rows, "files": merged.files}
    LOGGER.info("merged", extra=with_metrics(fields, _UNITS, by=("service",)))
    return merged


def _has_time(context: Any) -> bool:
    return bool(context.get_remaining_time_in_millis() > _LEAST_MILLISECONDS)


def on_request(event: dict[str, Any], context: Any) -> Response:
    """Answer a request; each answer says which code gave it."""
    return respond(event, context, partial(answer, kept_in=_lake()), LOGGER, build=_build())


def take_in(batch: dict[str, Any], *, kept_in: ObjectLake) -> dict[str, Any]:
    """Keep a batch; what is raised on the way sends all of it back, and again changes nothing."""
    rows: list[Row] = []
    response = consumer(rows).consume(batch)
    if rows:
        kept_in.land(*landing_of(rows))
    return response


def consumer(rows: list[Row]) -> Consumer:
    """Return the consumer that adds the rows of events to these.

    Order does not matter to a set of events, and no event has to wait for another.
    """

    def take(envelope: Envelope) -> str:
        rows.extend(projection.facts_of(envelope))
        return TAKEN

    return Consumer(handle=take, reads=READS | {"strangler"}, snapshots=SNAPSHOTS, logger=LOGGER)


def answer(request: Request, *, kept_in: ObjectLake) -> Response:
    """Answer one request out of this lake."""
    return answering.answer(request, _ANSWERS, kept_in=kept_in)


def _report(request: Request, kept_in: ObjectLake) -> Answer:
    report = queries.read_report(request.path["questions"], request.parameters)
    return queries.answer(report, kept_in, _engine(), _remembered())


def _checksum(request: Request, kept_in: ObjectLake) -> Checksum:
    streams = parameters.read_keys(request.parameters, queries.read_stream)
    return queries.checksum(streams, kept_in, _engine())


def _streams(request: Request, kept_in: ObjectLake) -> KeyList:
    after = parameters.read_place_in_list(request.parameters)
    return queries.list_streams(after, kept_in, _engine())


_ANSWERS: dict[str, Callable[[Request, ObjectLake], object]] = {
    "GET /insights/{questions}": _report,
    "GET /streams/checksums": _checksum,
    "GET /streams": _streams,
}


@cache
def _build() -> str:
    return build_of(__package__)


@cache
def _lake() -> ObjectLake:
    return store.connect(os.environ["BUCKET_NAME"])


@cache
def _remembered() -> queries.Remembered:
    return queries.Remembered()


@cache
def _engine() -> Any:
    return store.engine()
