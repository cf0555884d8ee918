"""The same drain by other outboxes, in turns with ours."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from benchmarks.figures import ROOT, at_least, told
from benchmarks.outbox import rounds, sightings
from benchmarks.outbox.children import complete, running
from benchmarks.outbox.drain import drain_once
from benchmarks.outbox.peers.registry import PEERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.figures import Figure
    from benchmarks.outbox.peers.registry import Peer
    from benchmarks.outbox.servers import Server

PYTHON = str(ROOT / ".venv-bench" / "bin" / "python")
BACKLOG = 20_000
LEAST_OF_THE_ORDERED = 5
LEAST_OF_THE_OTHERS = 2
_OURS = "ours"


def measure(
    server: Server, *, events: int = BACKLOG, round_count: int = rounds.ROUNDS
) -> list[Figure]:
    """Let everybody drain a backlog with a publisher that does nothing."""
    contestants: dict[str, Callable[[int], float]] = {
        _OURS: lambda series: drain_once(server, series=series, events=events),
        **{peer.name: partial(_drain_peer, server, peer) for peer in PEERS},
    }
    found = rounds.medians(contestants, rounds=round_count)
    ordered = [peer for peer in PEERS if peer.keeps_order]
    others = [peer for peer in PEERS if not peer.keeps_order]
    return [
        *(_told(peer, found[peer.name]) for peer in PEERS),
        _compare("in order", LEAST_OF_THE_ORDERED, ordered, found),
        _compare("in any order", LEAST_OF_THE_OTHERS, others, found),
    ]


def _told(peer: Peer, value: float) -> Figure:
    order = "keeps order" if peer.keeps_order else "no order"
    reference = f"{peer.events:,} events; {order}: {peer.because}"
    return told(f"drain, {peer.name}", value, "events/s", reference=reference)


def _compare(kind: str, bar: float, peers: Iterable[Peer], found: dict[str, float]) -> Figure:
    fastest = max(peers, key=lambda peer: found[peer.name]).name
    return at_least(
        f"ours to the fastest peer {kind}",
        found[_OURS] / found[fastest],
        "x",
        bar=bar,
        reference=f"ours {found[_OURS]:,.0f} events/s; {fastest} {found[fastest]:,.0f}",
    )


def _drain_peer(server: Server, peer: Peer, _series: int) -> float:
    sink = server.folder / f"{uuid4().hex}.sink"
    module = "benchmarks.outbox.peers"
    with server.database(template="template0") as url:
        complete(module, peer.module, "seed", peer.events, python=PYTHON, url=url)
        with running(
            module, peer.module, "drain", sink,
            python=PYTHON,
            log=server.folder / f"{peer.module}.log",
            environment={"DATABASE_URL": url},
        ) as child:  # fmt: skip
            child.wait_until(lambda: sightings.count(sink) >= peer.events, f"all of {peer.name}")
    seen = sightings.read(sink)
    sightings.check_complete(seen, events=peer.events)
    if peer.keeps_order:
        sightings.check_ordered(seen)
    sink.unlink()
    return sightings.rate(seen)
