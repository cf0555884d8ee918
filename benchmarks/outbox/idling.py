"""An idle shop: how soon a commit reaches the broker, and what a relay asks for meanwhile."""

from __future__ import annotations

import random
import re
import statistics
import time
from typing import TYPE_CHECKING

from django.db import transaction

from benchmarks.figures import at_most
from benchmarks.outbox import rounds, sightings
from benchmarks.outbox.drain import relaying
from benchmarks.outbox.shop_database import connected_to
from benchmarks.outbox.writing import COUNTRY, NOW
from event_contracts.catalogue import ProductSoldOut
from event_contracts.streams import product_stream
from infra.local.waiting import wait_until
from monolith.customers.queries import get_country
from monolith.ordering.models import Order
from monolith.outbox import recording

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server
    from monolith.customers.models import Country

COMMITS = 200
OBSERVED_SECONDS = 35  # five heartbeats
MOST_MILLISECONDS = 15
MOST_MILLISECONDS_P99 = 50
MOST_STATEMENTS_PER_SECOND = 0.2
_WARM_UP = 5
_LOOK_SECONDS = 3
_STATEMENT = re.compile(
    r"LOG:  (?:execute [^:]*|statement): (?!begin|commit|rollback)", re.IGNORECASE
)


def measure(server: Server, *, commits: int = COMMITS) -> list[Figure]:
    """Commit now and then, and wait for the broker to see it."""
    milliseconds = _delays(server, commits)
    reference = f"{commits} commits at random intervals"
    per_second = _idle_statements(server)
    return [
        at_most("idle, commit to published, p50", statistics.median(milliseconds), "ms",
                bar=MOST_MILLISECONDS, reference=reference),
        at_most("idle, commit to published, p99", rounds.percentile(milliseconds, 0.99), "ms",
                bar=MOST_MILLISECONDS_P99, reference=reference),
        at_most("idle relay", per_second, "statements/s", bar=MOST_STATEMENTS_PER_SECOND,
                reference=f"the server's log over {OBSERVED_SECONDS} s"),
    ]  # fmt: skip


def _delays(server: Server, commits: int) -> list[float]:
    """Return, in milliseconds, from the return of each COMMIT to the publisher's note."""
    sink = server.folder / "idle.sink"
    arrivals = random.Random(1)
    with server.database() as url, connected_to(url), relaying(server, url, sink) as relay:
        country = get_country(name=COUNTRY)
        committed = []
        for number in range(_WARM_UP + commits):
            time.sleep(arrivals.uniform(0.02, 0.2))  # in step with nothing
            committed.append(_commit(f"I{number}", country))
            if number == 0:
                relay.wait_until(lambda: sightings.count(sink) > 0, "the first event published")
        relay.wait_until(lambda: sightings.count(sink) >= len(committed), "the last one published")
    seen = sightings.read(sink)
    if len(seen) != len(committed):
        raise sightings.BrokenPromise(f"{len(seen)} sightings of {len(committed)} events")
    # One stream, so the order of the sightings is that of the commits.
    delays = [sighting.at_ns - at_ns for sighting, at_ns in zip(seen, committed, strict=True)]
    return [delay / 1e6 for delay in delays[_WARM_UP:]]


def _commit(number: str, country: Country) -> int:
    """Commit an order row and an event; return when COMMIT came back, in nanoseconds."""
    committed: list[int] = []
    with transaction.atomic():
        # Before `record` registers its own: what the wake-up takes is part of the delay.
        transaction.on_commit(lambda: committed.append(time.monotonic_ns()))
        Order(number=number, country=country, placed_at=NOW).save(force_insert=True)
        event = ProductSoldOut(stock_code="00001", sold_out_at=NOW)
        recording.record(event, stream=product_stream("00001"), occurred_at=NOW)
    return committed[0]


def _idle_statements(server: Server) -> float:
    """Return the statements per second that a relay sends while nothing happens."""
    with server.database() as url:
        name = url.rpartition("/")[2]
        server.execute("alter database {} set log_statement = 'all'", name)
        with relaying(server, url, server.folder / "quiet.sink"):
            wait_until(lambda: _count(server.log, since=0) > 0, "the relay's first statement")
            wait_until(lambda: _is_quiet(server.log), "a relay that has settled", seconds=60)
            size, began = server.log.stat().st_size, time.monotonic()
            time.sleep(OBSERVED_SECONDS)
            return _count(server.log, since=size) / (time.monotonic() - began)


def _is_quiet(log: Path) -> bool:
    size = log.stat().st_size
    time.sleep(_LOOK_SECONDS)  # the length of one look, not a hope
    return _count(log, since=size) == 0


def _count(log: Path, *, since: int) -> int:
    with log.open("rb") as file:
        file.seek(since)
        return len(_STATEMENT.findall(file.read().decode(errors="replace")))
