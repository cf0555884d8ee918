"""The names of the message table's partitions, and which of them exist."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

from django.db import connection

DEFAULT_PARTITION = "outbox_message_default"
"""Takes what no day's partition takes, so that a missing one never stops a writer."""
_FORMAT = "outbox_message_p%Y%m%d"

_LIST = """
    select child.relname from pg_inherits i
    join pg_class child on child.oid = i.inhrelid
    where i.inhparent = 'outbox_message'::regclass
    order by child.relname
"""


def partition_of(day: date) -> str:
    """Return the name of a day's partition."""
    return day.strftime(_FORMAT)


def day_of(partition: str) -> date | None:
    """Return the day of a partition; None if it is not the partition of a day."""
    with suppress(ValueError):
        return datetime.strptime(partition, _FORMAT).replace(tzinfo=UTC).date()
    return None


def list_partitions() -> list[str]:
    """Return the names of the partitions that exist, in the order of their names."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST)
        return [name for (name,) in cursor.fetchall()]
