"""What is published in the place of an event that an operator skipped: its version, and no more.

Consumers count versions. Without the notice each of them would wait for ever for the one missing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monolith.outbox.contracts import EVENT_SKIPPED, Draft, contracts

if TYPE_CHECKING:
    from monolith.outbox.messages import Message


def replace_skipped(message: Message) -> Message:
    """Return the notice that goes out instead of a message; its id and its place stay."""
    head, tail = contracts().encode(
        Draft(
            event_id=message.event_id,
            event_type=EVENT_SKIPPED,
            stream=message.stream,
            occurred_at=message.recorded_at,
            recorded_at=datetime.now(UTC),
            traceparent=message.traceparent,
            data={"skipped_type": message.event_type},
        )
    )
    payload = f"{head}{message.version}{tail}"
    return message._replace(event_type=EVENT_SKIPPED, payload=payload, size=len(payload.encode()))
