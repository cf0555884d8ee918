"""The relay's statements on messages: read the pending, mark the published, hold the failed.

Claiming is by state (`published_at is null`), never by "everything above the last id": a
transaction that commits late has a low id. Each statement stands alone; no transaction is open
while the broker is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from monolith.outbox.messages import Message
from monolith.outbox.skipping import replace_skipped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import psycopg

# Whatever the statistics say, the index of pending rows is the way in (reference: planner traps),
# and a mark lost in a crash of the server is a message published twice, never one lost.
SESSION = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "synchronous_commit": "off",
}

# One instant for the whole statement: a hold that ended while it runs would let through what is
# behind the rows that were passed over.
_READ = """
    select p.shard, s.token, p.id, p.recorded_at, p.event_id, p.stream, p.version, p.event_type,
           p.topic, p.payload, octet_length(p.payload), coalesce(h.attempts, 0), p.traceparent,
           p.skipped_because is not null, p.addressee
    from unnest(%(shards)s::smallint[], %(tokens)s::bigint[]) as s (shard, token)
    cross join lateral (
        select m.shard, m.id, m.recorded_at, m.event_id, m.stream, m.version, m.event_type, m.topic,
               m.payload, m.traceparent, m.skipped_because, m.addressee
        from outbox_message m
        where m.shard = s.shard
          and m.published_at is null
          and m.topic <> all(%(without)s::text[])
          and m.stream <> all(%(without_streams)s::text[])
          and not exists (
              select 1 from outbox_held_stream held
              where held.stream = m.stream
                and (held.retry_at is null or held.retry_at > statement_timestamp())
          )
        order by m.id
        limit %(limit)s
    ) p
    left join outbox_held_stream h on h.stream = p.stream
"""
# Numbers travel as text: psycopg dumps a list item by item in Python, which took far too long.
# A take-over or a resync that is under way waits for the lock, or this statement for theirs.
_FENCE = """
    with fence as materialized (
        select s.shard
        from outbox_shard s
        join unnest(
            string_to_array(%(shards)s, ',')::smallint[], string_to_array(%(tokens)s, ',')::bigint[]
        ) as t (shard, token)
          on t.shard = s.shard and t.token = s.token
        for share of s
    )
"""
_MARK = f"""
{_FENCE}    , marked as (
        update outbox_message m set published_at = clock_timestamp()
        from unnest(
            string_to_array(%(of_shard)s, ',')::smallint[], string_to_array(%(ids)s, ',')::bigint[]
        ) as k (shard, id)
        where k.shard = any (array(select shard from fence))
          and m.recorded_at between %(first)s and %(last)s
          and m.shard = k.shard and m.id = k.id
          and m.published_at is null
    ), freed as (
        delete from outbox_held_stream h
        where h.stream = any(%(freed)s::text[]) and h.shard = any (array(select shard from fence))
    )
    select shard from fence
"""  # noqa: S608 - constants
_HOLD = f"""
{_FENCE}    , held as (
        insert into outbox_held_stream as h
               (stream, shard, message_id, attempts, retry_at, last_error)
        select k.stream, k.shard, k.id, k.attempts,
               clock_timestamp() + make_interval(secs => k.delay), k.reason
        from unnest(
            %(streams)s::text[], %(of_shard)s::smallint[], %(ids)s::bigint[], %(attempts)s::int[],
            %(delays)s::float[], %(reasons)s::text[]
        ) as k (stream, shard, id, attempts, delay, reason)
        where k.shard = any (array(select shard from fence))
        on conflict (stream) do update
        set message_id = excluded.message_id, attempts = excluded.attempts,
            retry_at = excluded.retry_at, last_error = excluded.last_error
    )
    select shard from fence
"""  # noqa: S608 - constants


class Hold(NamedTuple):
    """A failed message and what follows: its stream waits `delay` seconds, or for ever if None."""

    message: Message
    reason: str
    delay: float | None


def read_pending(
    connection: psycopg.Connection[Any],
    tokens: Mapping[int, int],
    *,
    limit_per_shard: int,
    without_topics: Collection[str] = (),
    without_streams: Collection[str] = (),
) -> list[Message]:
    """Read the oldest pending messages of shards, passing over held streams.

    What an operator skipped is read as the notice that takes its place.
    """
    parameters = {
        "shards": list(tokens),
        "tokens": list(tokens.values()),
        "limit": limit_per_shard,
        "without": list(without_topics),
        "without_streams": list(without_streams),
    }
    messages = map(Message._make, connection.execute(_READ, parameters).fetchall())
    return [replace_skipped(message) if message.is_skipped else message for message in messages]


def mark_published(connection: psycopg.Connection[Any], messages: Sequence[Message]) -> set[int]:
    """Mark messages as published and return the shards for which that was refused.

    A shard is refused when its token is no longer the one that the message was claimed with.
    """
    recorded_at = [message.recorded_at for message in messages]
    parameters = {
        **_claims(messages),
        "of_shard": _joined(message.shard for message in messages),
        "ids": _joined(message.id for message in messages),
        # Only the partitions of these days are looked at.
        "first": min(recorded_at),
        "last": max(recorded_at),
        "freed": [message.stream for message in messages if message.attempts],
    }
    return _refused(connection, _MARK, parameters, messages)


def hold_streams(connection: psycopg.Connection[Any], holds: Sequence[Hold]) -> set[int]:
    """Hold the streams of failed messages and return the shards for which that was refused."""
    messages = [hold.message for hold in holds]
    parameters = {
        **_claims(messages),
        "streams": [message.stream for message in messages],
        "of_shard": [message.shard for message in messages],
        "ids": [message.id for message in messages],
        "attempts": [message.attempts + 1 for message in messages],
        "delays": [hold.delay for hold in holds],
        "reasons": [hold.reason for hold in holds],
    }
    return _refused(connection, _HOLD, parameters, messages)


def _claims(messages: Sequence[Message]) -> dict[str, str]:
    claims = {(message.shard, message.token) for message in messages}
    return {
        "shards": _joined(shard for shard, _ in claims),
        "tokens": _joined(token for _, token in claims),
    }


def _joined(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


def _refused(
    connection: psycopg.Connection[Any],
    statement: str,
    parameters: dict[str, Any],
    messages: Sequence[Message],
) -> set[int]:
    kept = {shard for (shard,) in connection.execute(statement, parameters)}
    return {message.shard for message in messages} - kept
