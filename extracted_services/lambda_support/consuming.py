"""From a batch of SQS messages to events, one after the other; what failed goes back alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor

from event_contracts.codec import Fetch, decode
from extracted_services.lambda_support import claim_checks
from extracted_services.lambda_support.observability import Fields, with_metrics
from extracted_services.lambda_support.tracing import Processing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aws_lambda_powertools.logging import Logger
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    from event_contracts.envelope import Envelope

FAILED = "failed"
EXPECTED: Mapping[type[Exception], str] = {claim_checks.ClaimMissing: "claim_missing"}
UNITS = {"events": "Count", "lag_seconds": "Seconds"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Who consumes, and how.

    `handle` takes an event and returns its outcome in a word. `reads` names the apps whose facts
    matter, `snapshots` the types of snapshots that are taken over. `expected_failures` gives a word
    to the exceptions that no programmer need look into, beside those of this module. `fetch` gets
    the data of an event too large for its message.
    """

    handle: Callable[[Envelope], str]
    reads: Collection[str]
    snapshots: Collection[str]
    logger: Logger
    expected_failures: Mapping[type[Exception], str] = field(default_factory=dict)
    fetch: Fetch = claim_checks.fetch

    def consume(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Handle each message of an SQS FIFO batch.

        After a failure the later messages of the same stream are not tried, or they would overtake;
        those of other streams are, for they have nothing to wait for.

        Returns:
            The messages to deliver again: `{"batchItemFailures": [{"itemIdentifier": ...}]}`.
        """
        processor = SqsFifoPartialProcessor(skip_group_on_error=True)
        # A whole batch that failed is most often one stream with a gap, and no reason to crash.
        processor.raise_on_entire_batch_failure = False
        with processor(records=batch["Records"], handler=self._consume_record):
            processor.process()
        return dict(processor.response())

    # powertools passes the message by this name.
    def _consume_record(self, record: SQSRecord) -> None:
        processing = Processing(record, service=self.logger.service)
        fields: Fields = {"message_id": record.message_id, "events": 1}
        try:
            envelope = decode(
                record.body, reads=self.reads, snapshots=self.snapshots, fetch=self.fetch
            )
            fields |= _describe(envelope)
            outcome = str(self.handle(envelope))
        except Exception as error:
            outcome = {**EXPECTED, **self.expected_failures}.get(type(error), FAILED)
            fields |= processing.trace(fields, outcome, has_failed=True)
            self._log_failure(error, fields, outcome)
            raise
        fields |= processing.trace(fields, outcome)
        self.logger.info("event consumed", extra=_line(fields, outcome))

    def _log_failure(self, error: Exception, fields: Fields, outcome: str) -> None:
        line = _line(fields, outcome) | {"error": f"{type(error).__name__}: {error}"}
        self.logger.warning("event goes back", extra=line, exc_info=outcome == FAILED)


def _line(fields: Fields, outcome: str) -> Fields:
    return with_metrics(fields | {"outcome": outcome}, UNITS, by=("service", "outcome"))


def _describe(envelope: Envelope) -> Fields:
    # Trade may be entered long after it happened: what lags is what happened to the record.
    lag = datetime.now(UTC) - (envelope.recorded_at or envelope.occurred_at)
    return {
        "event_id": str(envelope.event_id),
        "event_type": envelope.event_type,
        "stream": envelope.stream,
        "version": envelope.version,
        "lag_seconds": round(lag.total_seconds(), 3),
        **({"traceparent": envelope.traceparent} if envelope.traceparent else {}),
    }
