"""The shop's events as the outbox sees them: `event_contracts` behind the outbox's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from event_contracts.codec import encode_around
from event_contracts.plain_values import to_plain
from event_contracts.registry import EVENT_CLASSES, event_type_of
from event_contracts.streams import STREAM_KINDS, stream_kind

if TYPE_CHECKING:
    from collections.abc import Collection

    from monolith.outbox.contracts import Draft

__all__ = ["data_of", "encode", "event_type_of", "knows", "topic_of", "topics"]

topic_of = stream_kind


def topics() -> Collection[str]:
    """Return the kinds of streams; each has a topic."""
    return STREAM_KINDS


def data_of(event: object) -> Any:
    """Return what JSON can hold of a contract's dataclass."""
    return to_plain(event)


def knows(event_type: str) -> bool:
    """Return whether the type is registered."""
    return event_type in EVENT_CLASSES


def encode(draft: Draft) -> tuple[str, str]:
    """Write a CloudEvent around the place of its version."""
    return encode_around(
        event_id=draft.event_id,
        event_type=draft.event_type,
        stream=draft.stream,
        occurred_at=draft.occurred_at,
        data=draft.data,
        recorded_at=draft.recorded_at,
        traceparent=draft.traceparent,
    )
