"""Day partitions: made ahead, and dropped whole once they are old and everything in them is done.

Nothing unpublished is ever deleted, however old it is. Days are UTC days.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction
from psycopg import sql

from monolith.outbox.partitions import DEFAULT_PARTITION, day_of, list_partitions, partition_of

# Writers queue behind a waiting lock: rather give up and try again at the next run.
_LOCK_TIMEOUT = "2s"

_CREATE = """
    create table {partition} (like outbox_message including defaults including constraints)
    with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)
"""
# Rows that came while the day had no partition of its own would forbid attaching it.
_ADOPT_STRAYS = """
    with strays as (
        delete from {default} where recorded_at >= {first} and recorded_at < {end} returning *
    )
    insert into {partition} select * from strays
"""
_ATTACH = """
    alter table outbox_message attach partition {partition} for values from ({first}) to ({end})
"""

log = structlog.get_logger(__name__)


class Purged(NamedTuple):
    """What a purge did: days dropped, days kept for their unpublished rows, strays deleted."""

    dropped: list[str]
    kept: list[str]
    strays: int


def create_partitions(*, today: date, days_ahead: int) -> list[str]:
    """Make the partitions from `today` on that do not exist yet, and return their names."""
    existing = set(list_partitions())
    days = (today + timedelta(days=ahead) for ahead in range(days_ahead + 1))
    missing = [day for day in days if partition_of(day) not in existing]
    for day in missing:
        _create(day)
    return [partition_of(day) for day in missing]


def drop_published(*, today: date, keep_days: int, dry_run: bool = False) -> Purged:
    """Drop the partitions that are more than `keep_days` old and hold nothing unpublished."""
    cutoff = today - timedelta(days=keep_days)
    old = [name for name in list_partitions() if (day := day_of(name)) and day < cutoff]
    dropped = [name for name in old if _drop_if_done(name, dry_run=dry_run)]
    kept = [name for name in old if name not in dropped]
    if kept:
        log.warning("outbox_partitions_hold_unpublished", partitions=kept)
    return Purged(dropped, kept, _purge_strays(cutoff, dry_run=dry_run))


def forget_dead_relays() -> None:
    """Remove relays that have not lived for a day; one that wakes up introduces itself again."""
    with connection.cursor() as cursor:
        cursor.execute("delete from outbox_relay where alive_until < now() - interval '1 day'")


def _create(day: date) -> None:
    names = {
        "partition": sql.Identifier(partition_of(day)),
        "default": sql.Identifier(DEFAULT_PARTITION),
        "first": sql.Literal(_midnight(day)),
        "end": sql.Literal(_midnight(day + timedelta(days=1))),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
        cursor.execute(f"lock table {DEFAULT_PARTITION} in access exclusive mode")
        for statement in (_CREATE, _ADOPT_STRAYS, _ATTACH):
            cursor.execute(sql.SQL(statement).format(**names))
    log.info("outbox_partition_created", partition=partition_of(day))


def _drop_if_done(name: str, *, dry_run: bool) -> bool:
    partition = sql.Identifier(name)
    pending = sql.SQL("select exists (select 1 from {} where published_at is null)")
    with transaction.atomic(), connection.cursor() as cursor:
        if not dry_run:
            cursor.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
            cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(partition))
        cursor.execute(pending.format(partition))
        if cursor.fetchone()[0]:
            return False
        if not dry_run:
            cursor.execute(sql.SQL("drop table {}").format(partition))
            log.info("outbox_partition_dropped", partition=name)
    return True


def _purge_strays(cutoff: date, *, dry_run: bool) -> int:
    condition = f"from {DEFAULT_PARTITION} where published_at is not null and recorded_at < %s"
    verb = "select count(*)" if dry_run else "with gone as (delete"
    rest = "" if dry_run else " returning 1) select count(*) from gone"
    with connection.cursor() as cursor:
        cursor.execute(f"{verb} {condition}{rest}", (_midnight(cutoff),))
        return int(cursor.fetchone()[0])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
