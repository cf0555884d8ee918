"""The state of the tables for Prometheus, asked of the database when Prometheus asks.

Nothing is kept in the process: whichever of several web workers answers, the answer is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import Error
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monolith.outbox.contracts import contracts
from monolith.outbox.measuring import MOST_ROWS, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.outbox.measuring import Measurements

log = structlog.get_logger(__name__)


class TableCollector(Collector):
    """Gauges of the outbox's tables; without the database nothing but `outbox_up` 0."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the database, and say what it said."""
        try:
            found = measure()
        except Error as error:
            log.warning("outbox_not_measured", error=str(error).strip())
            yield _gauge("up", "Whether the database answered", 0)
            return
        yield _gauge("up", "Whether the database answered", 1)
        yield _pending(found)
        yield from _owners(found)
        yield from _numbers(found)


def table_registry() -> CollectorRegistry:
    """Return a registry of the state of the tables alone."""
    registry = CollectorRegistry()
    registry.register(TableCollector())
    return registry


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"outbox_{name}", says, value=value)


def _pending(found: Measurements) -> GaugeMetricFamily:
    says = f"Events not yet published; counting stops at {MOST_ROWS} in each shard"
    family = GaugeMetricFamily("outbox_pending_events", says, labels=["topic"])
    # What was not counted to the end may hold any topic: no zeros then.
    idle = contracts().topics() if found.is_complete else ()
    for topic, events in sorted({**dict.fromkeys(idle, 0), **found.pending}.items()):
        family.add_metric([topic], events)
    return family


def _owners(found: Measurements) -> Iterator[GaugeMetricFamily]:
    labels = ["shard", "owner"]
    family = GaugeMetricFamily("outbox_shard_owner", "1 for the relay of each shard", labels=labels)
    for shard, owner in found.owners.items():
        if owner is not None:
            family.add_metric([str(shard), owner], 1)
    yield family
    yield _gauge("shards_without_owner", "Shards that no live relay holds", found.ownerless)


def _numbers(found: Measurements) -> Iterator[GaugeMetricFamily]:
    for name, says, value in (
        ("oldest_pending_age_seconds", "Age of the oldest pending event", found.oldest_pending_age),
        (
            "oldest_unheld_age_seconds",
            f"The same without held streams, among the first {MOST_ROWS} events of each shard",
            found.oldest_unheld_age,
        ),
        ("held_streams", "Streams that wait behind a failed event, parked ones too", found.held),
        ("parked_streams", "Streams that wait for a person", found.parked),
        ("relays_alive", "Relays that said they live", found.relays),
        (
            "default_partition_rows",
            f"Events whose day had no partition, {MOST_ROWS} at most",
            found.strays,
        ),
        (
            "partitions_ahead",
            "Days after today with partitions; -1 if today has none",
            found.days_ahead,
        ),
    ):
        yield _gauge(name, says, value)
