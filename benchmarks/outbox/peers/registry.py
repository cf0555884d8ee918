"""Who is measured, on how much, and whether it promises an order per stream."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One library. `module` is its adapter's; `events` its backlog: fewer where it is slow."""

    name: str
    module: str
    events: int
    keeps_order: bool
    because: str


PEERS = (
    Peer(
        name="django-outbox-pattern 3.2.1",
        module="outbox_pattern",
        events=5_000,
        keeps_order=False,
        because="its rows have random keys, and the relay reads them without ORDER BY",
    ),
    Peer(
        name="django-celery-outbox 0.4.3",
        module="celery_outbox",
        events=5_000,
        keeps_order=False,
        because="it knows no streams: a second relay, a retry or a crash lets successors pass",
    ),
    Peer(
        name="eventsourcing 9.5.6",
        module="event_store",
        events=3_000,
        keeps_order=True,
        because="one reader follows one total order without gaps",
    ),
    Peer(
        name="faststream-outbox 0.19.0",
        module="faststream_relay",
        events=5_000,
        keeps_order=False,
        because="what it tries again comes after its successors, and workers overtake each other",
    ),
)
