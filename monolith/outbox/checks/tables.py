"""Is the database what the migrations made of it, and has it partitions for the days to come?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core import checks
from django.db import DatabaseError, ProgrammingError, connection

from monolith.outbox.partitions import DEFAULT_PARTITION, list_partitions, partition_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_INDEX = """
    select exists (
        select 1 from pg_indexes
        where tablename = 'outbox_message' and indexname = 'outbox_message_pending'
    )
"""

_STRAYS = f"select exists (select 1 from {DEFAULT_PARTITION})"  # noqa: S608 - a constant


_FUNCTION = "select to_regprocedure('outbox_write(text, text)') is not null"
_FUNCTION_WAS_MADE = """
    select exists (
        select 1 from django_migrations where app = 'outbox' and name = '0003_one_statement'
    )
"""
_UNTUNED = """
    select child.relname from pg_inherits i
    join pg_class child on child.oid = i.inhrelid
    where i.inhparent = 'outbox_message'::regclass
      and child.relname <> %s
      and not coalesce(child.reloptions, '{}') @> array[
          'autovacuum_vacuum_scale_factor=0.05', 'autovacuum_analyze_scale_factor=0.05'
      ]
    order by child.relname
"""


@checks.register(checks.Tags.database)
def check_tables(
    *, databases: Collection[str] | None = None, **_context: Any
) -> Sequence[checks.CheckMessage]:
    """E003 to E005, E009, W003, W006, W010: the database is what the migrations made of it."""
    if not databases or connection.alias not in databases:
        return []
    try:
        return [
            *_missing_partitions(),
            *_missing_index(),
            *_missing_function(),
            *_strays(),
            *_untuned_partitions(),
        ]
    except ProgrammingError as error:
        # `migrate` itself runs the checks first: on a new database they must let it pass.
        hint = "Run `manage.py migrate`."
        return [checks.Warning(f"No outbox yet: {error}", hint=hint, id="outbox.W003")]
    except DatabaseError as error:
        hint = "Is PostgreSQL running?"
        return [checks.Error(f"The outbox cannot be read: {error}", hint=hint, id="outbox.E003")]


def _missing_partitions() -> list[checks.CheckMessage]:
    today = datetime.now(UTC).date()
    existing = list_partitions()
    return [
        checks.Error(
            f"The outbox has no partition for {day}.",
            hint="Does Celery beat run `outbox.rotate_partitions`? `manage.py outbox purge` does.",
            id="outbox.E004",
        )
        for day in (today, today + timedelta(days=1))
        if partition_of(day) not in existing
    ]


def _missing_index() -> list[checks.CheckMessage]:
    if _ask(_INDEX):
        return []
    hint = "Without it each read walks through everything ever published: see the first migration."
    return [checks.Error("The index of pending messages is gone.", hint=hint, id="outbox.E005")]


def _missing_function() -> list[checks.CheckMessage]:
    if _ask(_FUNCTION):
        return []
    if _ask(_FUNCTION_WAS_MADE):
        text, hint = "The function outbox_write is gone.", "No event can be recorded without it."
        return [checks.Error(text, hint=hint, id="outbox.E009")]
    hint = "Run `manage.py migrate`."
    return [checks.Warning("The outbox is older than the code.", hint=hint, id="outbox.W003")]


def _strays() -> list[checks.CheckMessage]:
    if not _ask(_STRAYS):
        return []
    hint = "They were recorded while their day had no partition; they are delivered like any other."
    return [checks.Warning("Messages in the default partition.", hint=hint, id="outbox.W006")]


def _untuned_partitions() -> list[checks.CheckMessage]:
    with connection.cursor() as cursor:
        cursor.execute(_UNTUNED, (DEFAULT_PARTITION,))
        names = [name for (name,) in cursor.fetchall()]
    hint = "Autovacuum comes late to them: see `_CREATE` in retention.py."
    return [
        checks.Warning(f"{name} lacks its autovacuum settings.", hint=hint, id="outbox.W010")
        for name in names
    ]


def _ask(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return bool(cursor.fetchone()[0])
