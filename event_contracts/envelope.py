"""The envelope around every event: which stream it belongs to, its place there, its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event in its stream.

    `stream` is `<kind>/<key>` (`customer/17850`). `version` counts the facts of that stream from 1,
    without gaps; a snapshot carries the version that it states. `event_id` identifies the fact,
    however often it is delivered. `occurred_at` is the business's instant, `recorded_at` the one at
    which the producer wrote the fact down: how far a reader lags counts from the latter.
    """

    event_id: UUID
    event_type: str
    stream: str
    version: int
    occurred_at: datetime
    data: Any
    recorded_at: datetime | None = None
    traceparent: str | None = None
