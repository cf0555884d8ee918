"""How fast a backlog leaves: to nobody, beside a raw loop, and with a round trip for each call."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from benchmarks.figures import at_least
from benchmarks.outbox import rounds, sightings
from benchmarks.outbox.children import complete, running
from benchmarks.outbox.relaying import breach_of
from benchmarks.outbox.seeding import seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.figures import Figure
    from benchmarks.outbox.children import Child
    from benchmarks.outbox.servers import Server

BACKLOG = 50_000
SLOW_BACKLOG = 20_000
CALL_SECONDS = 0.005
LEAST_PER_SECOND = 10_000
LEAST_OF_RAW = 0.5
LEAST_PER_SECOND_SLOWLY = 1_500


def measure(
    server: Server, *, events: int = BACKLOG, round_count: int = rounds.ROUNDS
) -> list[Figure]:
    """Drain with a publisher that does nothing, in turns with the raw loop."""
    found = rounds.medians(
        {
            "relay": lambda series: drain_once(server, series=series, events=events),
            "raw": lambda series: _loop_once(server, series=series, events=events),
        },
        rounds=round_count,
    )
    raw = f"raw psycopg loop: {found['raw']:,.0f} events/s"
    return [
        at_least(f"drain of {events:,}, null publisher", found["relay"], "events/s",
                 bar=LEAST_PER_SECOND, reference=raw),
        at_least("same, to the raw loop", found["relay"] / found["raw"], "x",
                 bar=LEAST_OF_RAW, reference=raw),
    ]  # fmt: skip


def measure_slowly(
    server: Server, *, events: int = SLOW_BACKLOG, round_count: int = rounds.ROUNDS
) -> list[Figure]:
    """Drain with 5 ms for each call."""

    def drain(series: int) -> float:
        return drain_once(server, "--call-seconds", CALL_SECONDS, series=series, events=events)

    found = rounds.medians({"relay": drain}, rounds=round_count)
    return [
        at_least(f"drain of {events:,}, 5 ms per call, in order", found["relay"], "events/s",
                 bar=LEAST_PER_SECOND_SLOWLY, reference="one call at a time, one event each: 200")
    ]  # fmt: skip


def drain_once(server: Server, *words: object, series: int, events: int) -> float:
    """Drain a new database with one relay and return the events per second.

    Raises:
        BrokenPromise: an event was lost, or a stream lost its order.
    """
    with server.database() as url:
        seed(url, series=series, events=events)
        return drain_seeded(server, url, *words, events=events)


def drain_seeded(
    server: Server, url: str, *words: object, events: int, **environment: str
) -> float:
    """Drain a database that holds a backlog; `words` and variables are for the relay's process."""
    sink = server.folder / f"{uuid4().hex}.sink"
    with relaying(server, url, sink, *words, **environment) as relay:
        relay.wait_until(lambda: sightings.count(sink) >= events, f"{events} events published")
    seen = sightings.read(sink)
    breach = breach_of(sink)
    if breach.exists():
        raise sightings.BrokenPromise(breach.read_text())
    sightings.check_complete(seen, events=events)
    sightings.check_ordered(seen)
    sink.unlink()
    return sightings.rate(seen)


@contextmanager
def relaying(
    server: Server, url: str, sink: Path, *words: object, **environment: str
) -> Iterator[Child]:
    """Run a relay against a database while the block lasts."""
    with running(
        "benchmarks.outbox.relaying",
        sink,
        *words,
        log=server.folder / "relay.log",
        environment={"DATABASE_URL": url, **environment},
    ) as relay:
        yield relay


def _loop_once(server: Server, *, series: int, events: int) -> float:
    with server.database() as url:
        seed(url, series=series, events=events)
        return events / float(complete("benchmarks.outbox.raw_loop", url=url))
