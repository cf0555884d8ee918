"""faststream-outbox, through its own broker with the asyncpg driver.

Stubbed: nothing; the subscriber's handler is the publisher. Workers, batches of reads and batches
of deletes are what its documentation offers for speed; none of it weakens a promise of its own.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData, insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.outbox.events import payload_of

if TYPE_CHECKING:
    from benchmarks.outbox.events import Event
    from benchmarks.outbox.sightings import Sink

WORKERS = 8
BATCH = 100
QUEUE = "events"
_CHUNK = 1_000
_METADATA = MetaData()
_TABLE = make_outbox_table(_METADATA)


def seed(url: str, events: list[Event]) -> None:
    """Insert rows as `OutboxBroker.publish` does, in bulk."""
    asyncio.run(_seed(_engine(url), events))


def drain(url: str, sink: Sink) -> None:
    """Consume until stopped."""
    asyncio.run(_drain(_engine(url), sink))


async def _seed(engine: AsyncEngine, events: list[Event]) -> None:
    rows = [
        {
            "queue": QUEUE,
            "payload": payload_of(event).encode(),
            "headers": {"content-type": "application/json", "correlation_id": str(event.id)},
        }
        for event in events
    ]
    async with engine.begin() as connection:
        await connection.run_sync(_METADATA.create_all)
        for first in range(0, len(rows), _CHUNK):
            await connection.execute(insert(_TABLE), rows[first : first + _CHUNK])
    await engine.dispose()


async def _drain(engine: AsyncEngine, sink: Sink) -> None:
    broker = OutboxBroker(engine, outbox_table=_TABLE, logger=None)

    async def publish(body: dict[str, Any]) -> None:
        sink.note([body["id"]])

    broker.subscriber(
        QUEUE,
        max_workers=WORKERS,
        fetch_batch_size=BATCH,
        terminal_flush_batch_size=BATCH,
    )(publish)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with broker:
        await stopping.wait()


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=WORKERS + 4
    )
