"""Misconfiguration stops the deploy, not the customer: `manage.py check --database default`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, ProgrammingError, connection

from monolith.outbox.contracts import contracts
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


@checks.register("outbox")
def check_topics(**_context: Any) -> list[checks.CheckMessage]:
    """E001, W002: every topic has an ARN, or, before the first deployment, none has."""
    arns = getattr(settings, "OUTBOX_TOPIC_ARNS", None)
    missing = [kind for kind in contracts().topics() if kind not in (arns or {})]
    hint = "Set OUTBOX_TOPIC_ARNS: each topic of the contracts to the ARN of its FIFO topic."
    if not arns:
        return [
            checks.Warning("No topics: events wait in the outbox.", hint=hint, id="outbox.W002")
        ]
    return [
        checks.Error(f"OUTBOX_TOPIC_ARNS has no {kind!r}.", hint=hint, id="outbox.E001")
        for kind in missing
    ]


@checks.register(checks.Tags.database)
def check_tables(
    *, databases: Collection[str] | None = None, **_context: Any
) -> Sequence[checks.CheckMessage]:
    """E003 to E005, W003, W006: partitions and the index of pending rows are there."""
    if not databases or connection.alias not in databases:
        return []
    try:
        return [*_missing_partitions(), *_missing_index(), *_strays()]
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


def _strays() -> list[checks.CheckMessage]:
    if not _ask(_STRAYS):
        return []
    hint = "They were recorded while their day had no partition; they are delivered like any other."
    return [checks.Warning("Messages in the default partition.", hint=hint, id="outbox.W006")]


def _ask(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return bool(cursor.fetchone()[0])
