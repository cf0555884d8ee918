"""What travels from the table to the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Message(NamedTuple):
    """One pending row, as claimed. `token` is the claim's; `size` is the payload's, in bytes."""

    shard: int
    token: int
    id: int
    recorded_at: datetime
    event_id: UUID
    stream: str
    version: int
    event_type: str
    topic: str
    payload: str
    size: int
    attempts: int
    """How often it has failed so far; more than 0 only while its stream is held."""
    traceparent: str | None = None
    is_skipped: bool = False
    """Whether an operator gave up on it: what is published is a notice in its place."""
    addressee: str | None = None
    """Who alone takes it over; None: everybody."""
