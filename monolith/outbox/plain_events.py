"""Contracts for applications that have none: name a type, give the data, get CloudEvents 1.0.

A stream is called `<topic>/<key>`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from monolith.outbox.contracts import Draft


@dataclass(frozen=True, slots=True)
class PlainEvent:
    """A fact: its type, such as `ordering.order_placed.v1`, and what JSON can hold."""

    event_type: str
    data: Any


class NotAPlainEvent(Exception):
    """Something else was recorded; OUTBOX_CONTRACTS may name contracts that know it."""


def topic_of(stream: str) -> str:
    """Return what stands before the slash.

    Raises:
        ValueError: it is not `<topic>/<key>`, or the settings name no such topic.
    """
    topic, slash, key = stream.partition("/")
    if not (topic and slash and key):
        raise ValueError(f"not a stream name: {stream!r} (expected <topic>/<key>)")
    if topic not in topics():
        raise ValueError(f"not a stream name: {stream!r} (OUTBOX_TOPIC_ARNS has no {topic!r})")
    return topic


def topics() -> Collection[str]:
    """Return the topics of the settings."""
    return tuple(getattr(settings, "OUTBOX_TOPIC_ARNS", ()))


def event_type_of(event: object) -> str:
    """Return the type that the event names.

    Raises:
        NotAPlainEvent: it is something else.
    """
    if not isinstance(event, PlainEvent):
        raise NotAPlainEvent(f"{type(event).__qualname__} is not a PlainEvent")
    return event.event_type


def data_of(event: object) -> Any:
    """Return the data."""
    return event.data if isinstance(event, PlainEvent) else None


def knows(event_type: str) -> bool:
    """Return True: there is no list of types. OUTBOX_EVENT_TYPES may give one."""
    known: Collection[str] | None = getattr(settings, "OUTBOX_EVENT_TYPES", None)
    return known is None or event_type in known


def encode(draft: Draft) -> tuple[str, str]:
    """Write a CloudEvent around the place of its version, which is `sequence`."""
    attributes = {
        "specversion": "1.0",
        "id": str(draft.event_id),
        "type": draft.event_type,
        "source": getattr(settings, "OUTBOX_SOURCE", "/outbox"),
        "subject": draft.stream,
        "time": _instant(draft.occurred_at),
        "datacontenttype": "application/json",
        "partitionkey": draft.stream,
    }
    rest = {
        "recordedtime": _instant(draft.recorded_at),
        **({"traceparent": draft.traceparent} if draft.traceparent else {}),
        "data": draft.data,
    }
    return f'{_write(attributes)[:-1]},"sequence":"', f'",{_write(rest)[1:]}'


def _write(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
