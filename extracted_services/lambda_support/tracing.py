"""Spans as a part of log lines: W3C trace context in a few lines, no library (decision 11)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    from extracted_services.lambda_support.observability import Fields

# No version ff, nothing behind the flags in version 00, no ids of zeros.
_TRACEPARENT = re.compile(
    r"(?!ff|00.{53}.)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Parent:
    """A span elsewhere that caused what happens here, in W3C's hexadecimal digits."""

    trace_id: str
    span_id: str


def find_parent(traceparents: Iterable[str | None]) -> Parent | None:
    """Return the span that the first valid traceparent names; None if there is none.

    None, too, where that one is not sampled: the rest of its trace is not recorded either.
    """
    for text in traceparents:
        if found := _TRACEPARENT.fullmatch(text or ""):
            return Parent(found[1], found[2]) if int(found[3], 16) & _SAMPLED else None
    return None


@dataclass(frozen=True, slots=True)
class Processing:
    """One message being processed, from the making of this on."""

    record: SQSRecord
    service: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def trace(self, fields: Fields, outcome: str, *, has_failed: bool = False) -> Fields:
        """Return the span, which ends now, as `{"span": ...}`; nothing if nobody traces the event.

        `fields` are what the log line tells of the event. The shape is that of the monolith's
        local spans.
        """
        # The relay's publication is nearer than where the event was recorded.
        parent = find_parent([self._published_within(), fields.get("traceparent")])
        status = "error" if has_failed else "unset"
        return {"span": self._span(parent, fields, outcome, status)} if parent else {}

    def _published_within(self) -> str | None:
        attributes: Fields = self.record.get("messageAttributes") or {}
        found: str | None = attributes.get("traceparent", {}).get("stringValue")
        return found

    def _span(self, parent: Parent, fields: Fields, outcome: str, status: str) -> Fields:
        queue = self.record.event_source_arn.rpartition(":")[2]
        return {
            "trace_id": parent.trace_id,
            "span_id": secrets.token_hex(8),
            "parent_span_id": parent.span_id,
            "name": f"process {queue}",
            "kind": "consumer",
            "service": self.service,
            "started_at": self.started_at.isoformat(timespec="microseconds"),
            "ended_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "status": status,
            "attributes": {
                "messaging.system": "aws_sqs",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.destination.name": queue,
                "messaging.message.id": fields.get("event_id", self.record.message_id),
                "outbox.outcome": outcome,
            },
        }
