"""The state of the outbox in numbers, from a few bounded statements that a scrape can afford.

Whatever is pending, no more than a thousand rows per shard are looked at.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from monolith.outbox.partitions import DEFAULT_PARTITION, list_partitions, partition_of
from monolith.outbox.sharding import shard_count

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ROWS = 1000
"""How many rows are looked at, per shard and in the default partition."""

# The statistics may be from before the backlog: the index of pending rows is the way in.
_SESSION = {"statement_timeout": "3s", "enable_seqscan": "off", "enable_bitmapscan": "off"}

# Those that no relay has served yet, too: their events wait like any other.
_ALL_SHARDS = """
    (select shard::smallint from generate_series(0, %(shards)s - 1) as g (shard)
     union select shard from outbox_shard) as s
"""
_PENDING = f"""
    select s.shard, p.topic, count(*),
           extract(epoch from clock_timestamp() - min(p.recorded_at))::float,
           extract(epoch from clock_timestamp()
               - min(p.recorded_at) filter (where h.stream is null))::float
    from {_ALL_SHARDS}
    cross join lateral (
        select m.topic, m.stream, m.recorded_at from outbox_message m
        where m.shard = s.shard and m.published_at is null
        order by m.id limit %(limit)s
    ) p
    left join outbox_held_stream h on h.stream = p.stream
    group by s.shard, p.topic
"""  # noqa: S608 - constants
_OWNERS = f"""
    select s.shard, o.owner from {_ALL_SHARDS}
    left join outbox_shard o on o.shard = s.shard and o.lease_until > clock_timestamp()
    order by s.shard
"""  # noqa: S608 - constants
_COUNTS = f"""
    select (select count(*) from outbox_held_stream),
           (select count(*) from outbox_held_stream where retry_at is null),
           (select count(*) from outbox_relay where alive_until > clock_timestamp()),
           (select count(*) from (select 1 from {DEFAULT_PARTITION} limit %(limit)s) as strays)
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What waits, how long, and who sees to it. Ages are seconds, 0 if nothing waits."""

    pending: Mapping[str, int]
    """Events not yet published, by topic; counting stops at `MOST_ROWS` in each shard."""
    is_complete: bool
    """Whether everything pending was counted."""
    oldest_pending_age: float
    oldest_unheld_age: float
    """The same without the streams that are held or parked: what only a relay keeps waiting."""
    held: int
    parked: int
    owners: Mapping[int, str | None]
    """The live owner of every shard, if it has one."""
    relays: int
    strays: int
    """Rows in the default partition, `MOST_ROWS` at most."""
    days_ahead: int
    """For how many days after today partitions are there without a gap; -1 if today has none."""

    @property
    def ownerless(self) -> int:
        """How many shards nobody relays."""
        return sum(owner is None for owner in self.owners.values())


def measure() -> Measurements:
    """Look at the tables.

    Raises:
        django.db.Error: the database does not answer, or not in time.
    """
    with transaction.atomic():
        _ask("select " + ", ".join(f"set_config('{k}', '{v}', true)" for k, v in _SESSION.items()))
        pending = _ask(_PENDING)
        ((held, parked, relays, strays),) = _ask(_COUNTS)
        return Measurements(
            **_waiting(pending),
            held=held,
            parked=parked,
            owners=dict(_ask(_OWNERS)),
            relays=relays,
            strays=strays,
            days_ahead=_days_ahead(datetime.now(UTC).date()),
        )


def _ask(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"shards": shard_count(), "limit": MOST_ROWS})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _waiting(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    by_topic, by_shard = Counter[str](), Counter[int]()
    for shard, topic, events, _, _ in rows:
        by_topic[topic] += events
        by_shard[shard] += events
    return {
        "pending": by_topic,
        "is_complete": all(events < MOST_ROWS for events in by_shard.values()),
        "oldest_pending_age": max((row[3] for row in rows), default=0.0),
        "oldest_unheld_age": max((row[4] for row in rows if row[4] is not None), default=0.0),
    }


def _days_ahead(today: date) -> int:
    existing = set(list_partitions())
    days = (today + timedelta(days=ahead) for ahead in count())
    return sum(1 for _ in takewhile(lambda day: partition_of(day) in existing, days)) - 1
