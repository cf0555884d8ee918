"""How the outbox is doing: for readiness, the command and the admin. Cheap enough to ask often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

_OLDEST_AGE = """
    select extract(epoch from clock_timestamp() - min(head.recorded_at))::float
    from outbox_shard s
    cross join lateral (
        select m.recorded_at from outbox_message m
        where m.shard = s.shard and m.published_at is null
        order by m.id limit 1
    ) head
"""
_SHARDS = """
    select count(*), count(*) filter (where owner is not null and lease_until > clock_timestamp())
    from outbox_shard
"""
_RELAYS = "select name from outbox_relay where alive_until > clock_timestamp() order by name"
_HELD = "select count(*), count(*) filter (where retry_at is null) from outbox_held_stream"
_DRAINING = """
    select count(*), extract(epoch from clock_timestamp() - min(m.recorded_at))::float
    from outbox_message m
    where m.published_at is null
    and not exists (select from outbox_held_stream held where held.stream = m.stream)
"""
_PENDING = "select count(*) from outbox_message where published_at is null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draining:
    """What waits for nothing but its turn: how many events, and since when the oldest of them."""

    pending: int
    oldest_age_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus:
    """How much waits, how long, and who sees to it. `held` counts streams, parked ones too."""

    pending: int
    oldest_pending_age_seconds: float | None
    held: int
    parked: int
    shards: int
    shards_relayed: int
    relays: tuple[str, ...]


def is_relayed() -> bool:
    """Return whether a live relay holds every shard."""
    shards, relayed = _row(_SHARDS)
    return bool(shards) and shards == relayed


def get_oldest_pending_age_seconds() -> float | None:
    """Return how long the oldest unpublished event has been waiting; None if nothing waits."""
    (age,) = _row(_OLDEST_AGE)
    return None if age is None else float(age)


def get_draining() -> Draining:
    """Return what waits, leaving out held streams, which wait for something else.

    It takes time in proportion to what is pending.
    """
    pending, age = _row(_DRAINING)
    return Draining(pending=pending, oldest_age_seconds=age or 0.0)


def get_status() -> OutboxStatus:
    """Return everything there is to say; counting takes time in proportion to what is pending."""
    shards, relayed = _row(_SHARDS)
    held, parked = _row(_HELD)
    with connection.cursor() as cursor:
        cursor.execute(_RELAYS)
        relays = tuple(name for (name,) in cursor.fetchall())
    return OutboxStatus(
        pending=_row(_PENDING)[0],
        oldest_pending_age_seconds=get_oldest_pending_age_seconds(),
        held=held,
        parked=parked,
        shards=shards,
        shards_relayed=relayed,
        relays=relays,
    )


def _row(statement: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row: tuple[Any, ...] = cursor.fetchone()
        return row
