"""One stream, as an operator wants to see it: where it stands, what waits, what went out last."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from monolith.outbox.models import HeldStream, OutboxMessage, Shard, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEIGHBOURS = 3
_DAY = timedelta(days=1)


class NotInTheOutbox(Exception):
    """No stream and no retained event is called like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """A stream at a moment. `pending` is in order and cut off; `published` are the last few.

    `owner` is the relay whose lease on the shard is valid. `chosen` is the event that was asked
    for, if it was one.
    """

    stream: str
    version: int
    shard: int
    owner: str | None
    held: HeldStream | None
    pending_count: int
    pending: Sequence[OutboxMessage]
    published: Sequence[OutboxMessage]
    chosen: OutboxMessage | None = None


def view(name: str, *, limit: int) -> StreamView:
    """Look up a stream by its name, or an event by its id, with up to `limit` events each way.

    An event that is published, and the last events of a quiet stream, are looked for in everything
    that is retained, without an index: that takes its time.

    Raises:
        NotInTheOutbox: there is no such thing.
    """
    stream, chosen = Stream.objects.filter(stream=name).first(), None
    if stream is None:
        chosen = _find_event(name)
        stream = Stream.objects.get(stream=chosen.stream)
    pending = OutboxMessage.objects.pending().filter(shard=stream.shard, stream=stream.stream)
    return StreamView(
        stream=stream.stream,
        version=stream.version,
        shard=stream.shard,
        owner=_owner_of(stream.shard),
        held=HeldStream.objects.filter(stream=stream.stream).first(),
        pending_count=pending.count(),
        pending=list(pending.order_by("id")[:limit]),
        published=_last_published(stream.stream, limit=limit),
        chosen=chosen,
    )


def neighbours(message: OutboxMessage) -> list[OutboxMessage]:
    """Return a few events of the same stream within a day of one, with it, in order.

    There is no index by stream: a day each way keeps it to three partitions.
    """
    around = range(message.version - _NEIGHBOURS, message.version + _NEIGHBOURS + 1)
    days = (message.recorded_at - _DAY, message.recorded_at + _DAY)
    found = OutboxMessage.objects.filter(
        recorded_at__range=days, stream=message.stream, version__in=around
    )
    return list(found.order_by("id"))


def head_of(held: HeldStream) -> OutboxMessage | None:
    """Return the event that holds a stream; None if it has been published meanwhile."""
    pending = OutboxMessage.objects.pending().filter(shard=held.shard, stream=held.stream)
    return pending.filter(id=held.message_id).first()


def _find_event(name: str) -> OutboxMessage:
    with suppress(ValueError):
        event_id = UUID(name)
        found = OutboxMessage.objects.filter(event_id=event_id).order_by("-recorded_at").first()
        if found is not None:
            return found
    raise NotInTheOutbox(
        f"{name}: no stream of this name in outbox_stream, and no event of this id in"
        " outbox_message, which keeps published events for OUTBOX_RETENTION_DAYS"
    )


def _owner_of(shard: int) -> str | None:
    lease = Shard.objects.filter(shard=shard, lease_until__gt=datetime.now(UTC)).first()
    return lease.owner if lease else None


def _last_published(stream: str, *, limit: int) -> list[OutboxMessage]:
    done = OutboxMessage.objects.filter(stream=stream, published_at__isnull=False)
    return list(done.order_by("-recorded_at", "-id")[:limit])[::-1]
