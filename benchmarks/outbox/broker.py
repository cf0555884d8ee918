"""How fast a backlog reaches SNS, in turns with a loop around boto3 that has nothing else to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from benchmarks.figures import at_least, told
from benchmarks.outbox import rounds, sightings
from benchmarks.outbox.children import complete
from benchmarks.outbox.drain import drain_seeded
from benchmarks.outbox.local_sns import running_sns
from benchmarks.outbox.seeding import seed

if TYPE_CHECKING:
    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server

BACKLOG = 5_000
LEAST_OF_BARE = 0.8


def measure(
    server: Server, *, events: int = BACKLOG, round_count: int = rounds.ROUNDS
) -> list[Figure]:
    """Publish to one FIFO topic of local AWS."""
    with running_sns(server.folder) as access:

        def relay(series: int) -> float:
            with server.database() as url:
                seed(url, series=series, events=events)
                return drain_seeded(server, url, "--sns", events=events, **access)

        def bare(series: int) -> float:
            return _publish_bare(server, series=series, events=events, access=access)

        found = rounds.medians({"relay": relay, "bare": bare}, rounds=round_count)
    reference = f"bare publish_batch of 10 with as many threads: {found['bare']:,.0f} events/s"
    return [
        told(f"drain of {events:,} to local SNS FIFO, in order", found["relay"], "events/s",
             reference=reference),
        at_least("same, to bare boto3", found["relay"] / found["bare"], "x",
                 bar=LEAST_OF_BARE, reference=reference),
    ]  # fmt: skip


def _publish_bare(server: Server, *, series: int, events: int, access: dict[str, str]) -> float:
    sink = server.folder / f"{uuid4().hex}.sink"
    with server.database() as url:
        seed(url, series=series, events=events)
        complete("benchmarks.outbox.bare_publishing", sink, url=url, **access)
    seen = sightings.read(sink)
    sightings.check_complete(seen, events=events)
    sightings.check_ordered(seen)
    return sightings.rate(seen)
