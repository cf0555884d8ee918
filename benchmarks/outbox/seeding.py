"""Backlogs in the outbox, and histories behind them, as if the shop had written them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from benchmarks.outbox.events import STREAMS, backlog, payload_of
from monolith.outbox.sharding import shard_of

if TYPE_CHECKING:
    from benchmarks.outbox.events import Event

COLUMNS = ("shard", "event_id", "stream", "version", "event_type", "topic", "payload")
_COPY = f"copy outbox_message ({', '.join(COLUMNS)}) from stdin"
_WITH_PENDING = "select distinct tableoid::regclass::text from outbox_message where {}"


def seed(url: str, *, series: int, events: int, streams: int = STREAMS) -> None:
    """Put a backlog into the outbox and leave the table as autovacuum would in time."""
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor().copy(_COPY) as copy:
            for event in backlog(series=series, events=events, streams=streams):
                copy.write_row(row_of(event))
        tidy(connection, "published_at is null")


def tidy(connection: psycopg.Connection[tuple[object, ...]], condition: str) -> None:
    """Vacuum and analyse the partitions that hold rows of a kind."""
    holding = sql.SQL(_WITH_PENDING).format(sql.SQL(condition))
    for (partition,) in connection.execute(holding).fetchall():
        connection.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(str(partition))))


def row_of(event: Event) -> tuple[object, ...]:
    """Return what the outbox keeps of an event, in the order of `COLUMNS`."""
    name = event.stream_name
    return (
        shard_of(name),
        event.id,
        name,
        event.position,
        "catalogue.product_sold_out.v1",
        "product",
        payload_of(event),
    )
