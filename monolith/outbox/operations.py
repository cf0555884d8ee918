"""What an operator may do with a stream that is held: try it again, or give its event up.

Both lock the shard's row first, as a mark does, and then look: nothing is decided on what a relay
is just changing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from django.db import connection, transaction

from monolith.outbox.waking import tell_relays

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_LOCK_SHARD = """
    select 1 from outbox_shard
    where shard = (select shard from outbox_held_stream where stream = %s)
    for update
"""
# What is on its way was claimed with the old token: neither its mark nor its hold will count.
_FENCE = "update outbox_shard set token = token + 1 where shard = %s"
_FREE = """
    delete from outbox_held_stream where stream = %s
    returning shard, message_id, attempts, retry_at is null, last_error
"""
_SKIP = """
    update outbox_message set skipped_because = coalesce(skipped_because, %s)
    where shard = %s and id = %s and stream = %s and published_at is null
    returning id, event_id, event_type, version
"""
_PARKED = "select stream from outbox_held_stream where retry_at is null order by stream"

log = structlog.get_logger(__name__)


class StreamNotHeld(Exception):
    """The stream waits for nobody's decision: it was never held, or is free again."""


class AnotherEventHolds(Exception):
    """The stream is held by another event than the one that was looked at."""


class ReasonMissing(Exception):
    """An event is given up for a reason, which is kept with it."""


class Skipped(NamedTuple):
    """The event that was given up; `id` is its row's."""

    id: int
    event_id: str
    event_type: str
    version: int


class _Freed(NamedTuple):
    shard: int
    message_id: int
    attempts: int
    was_parked: bool
    last_error: str


def retry_stream(stream: str, *, by: str) -> None:
    """Have a held or parked stream tried again at once; its attempts are counted from 0.

    An attempt that is under way counts no more: whatever comes of it, the event goes out again.

    Raises:
        StreamNotHeld: nothing holds it, perhaps because this was done already.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        freed = _free(cursor, stream)
        if not freed.was_parked:  # of what is parked, nothing is on its way
            cursor.execute(_FENCE, (freed.shard,))
        tell_relays(cursor)
    log.warning("outbox_stream_retried", stream=stream, by=by, **_why(freed))


def retry_parked(*, by: str) -> list[str]:
    """Have every parked stream tried again and return their names; held ones keep their turn."""
    with connection.cursor() as cursor:
        cursor.execute(_PARKED)
        streams = [stream for (stream,) in cursor.fetchall()]
    return [stream for stream in streams if _retried(stream, by=by)]


def skip_message(stream: str, *, reason: str, by: str, event_id: str | None = None) -> Skipped:
    """Give up the event that holds a stream: consumers get a notice of its version in its place.

    The event's row stays as it was recorded, with the reason and who gave it. An attempt that is
    under way counts no more. With `event_id`, that event is given up and no other.

    Raises:
        ReasonMissing: the reason is empty.
        StreamNotHeld: nothing holds it, perhaps because this was done already.
        AnotherEventHolds: it is not held by `event_id`.
    """
    if not reason.strip():
        raise ReasonMissing("why is the event given up?")
    with transaction.atomic(), connection.cursor() as cursor:
        freed = _free(cursor, stream)
        cursor.execute(_FENCE, (freed.shard,))
        because = f"{reason.strip()} ({by})"
        cursor.execute(_SKIP, (because, freed.shard, freed.message_id, stream))
        skipped = _skipped(cursor.fetchone(), stream=stream, expected=event_id)
        tell_relays(cursor)
    log.warning(
        "outbox_event_skipped",
        stream=stream,
        by=by,
        reason=reason.strip(),
        **skipped._asdict(),
        **_why(freed),
    )
    return skipped


def _free(cursor: CursorWrapper, stream: str) -> _Freed:
    cursor.execute(_LOCK_SHARD, (stream,))
    cursor.execute(_FREE, (stream,))
    row = cursor.fetchone()
    if row is None:
        raise StreamNotHeld(f"{stream} is not held")
    return _Freed(*row)


def _skipped(row: tuple[Any, ...] | None, *, stream: str, expected: str | None) -> Skipped:
    if row is None:
        raise StreamNotHeld(f"the event that held {stream} has been published")
    message_id, event_id, event_type, version = row
    if expected is not None and str(event_id) != expected:
        raise AnotherEventHolds(f"{stream} is held by {event_id}, not by {expected}")
    return Skipped(message_id, str(event_id), event_type, version)


def _retried(stream: str, *, by: str) -> bool:
    try:
        retry_stream(stream, by=by)
    except StreamNotHeld:  # somebody else was faster
        return False
    return True


def _why(freed: _Freed) -> dict[str, object]:
    return {"attempts": freed.attempts, "last_error": freed.last_error}
