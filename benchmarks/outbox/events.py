"""The events of every contestant: the same payload, and an id that says where in the order it is.

Without Django: the peers make theirs in an environment that has none of ours.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS = 500


class Event(NamedTuple):
    """The `position`-th event, from 1, of a stream; `series` tells the rounds apart."""

    series: int
    stream: int
    position: int

    @property
    def id(self) -> UUID:
        """The id, from which `event_of` reads the rest."""
        return UUID(int=self.series << 96 | self.stream << 64 | self.position)

    @property
    def stream_name(self) -> str:
        """The stream as the outbox names it."""
        return f"product/{self.stream:05}"


def event_of(event_id: str) -> Event:
    """Return the event that has this id."""
    number = UUID(event_id).int
    return Event(number >> 96, number >> 64 & 0xFFFFFFFF, number & 0xFFFFFFFFFFFFFFFF)


def backlog(*, series: int, events: int, streams: int = STREAMS) -> Iterator[Event]:
    """Make events of each stream in turn, so that every stream has its share at any moment."""
    for number in range(events):
        yield Event(series, number % streams, number // streams + 1)


def payload_of(event: Event) -> str:
    """Write an event as its CloudEvent, about 260 bytes."""
    return json.dumps(content_of(event), separators=(",", ":"))


def content_of(event: Event) -> dict[str, object]:
    """Return what `payload_of` writes."""
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "type": "catalogue.product_sold_out.v1",
        "source": "/banyan/shop",
        "subject": event.stream_name,
        "time": "2026-03-02T12:00:00+00:00",
        "partitionkey": event.stream_name,
        "sequence": str(event.position),
        "data": {"stock_code": f"{event.stream:05}"},
    }
