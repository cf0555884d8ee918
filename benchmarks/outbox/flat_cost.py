"""Whether what was published long ago slows down what is published now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg

from benchmarks.figures import at_least, told
from benchmarks.outbox import rounds
from benchmarks.outbox.drain import BACKLOG, drain_once, drain_seeded
from benchmarks.outbox.seeding import seed, tidy
from benchmarks.outbox.shop_database import connected_to
from monolith.outbox.retention import create_partitions

if TYPE_CHECKING:
    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server

PUBLISHED = 5_000_000
SHARE_OF_TODAY = 0.4
DAYS = 7
LEAST_OF_EMPTY = 0.9
# As the shop writes them: in the order of time, published moments later, oldest day first.
_FILL = """
    insert into outbox_message (
        shard, event_id, stream, version, event_type, topic, payload, recorded_at, published_at
    )
    select n %% 16, gen_random_uuid(), 'product/' || lpad((n %% 500)::text, 5, '0'), n / 500 + 1,
           'catalogue.product_sold_out.v1', 'product', rpad('{', 264, 'x') || '}', at,
           at + interval '20 milliseconds'
    from generate_series(0, %(rows)s - 1) as n
    cross join lateral (
        select %(first)s::timestamptz + (%(end)s::timestamptz - %(first)s) * n / %(rows)s as at
    ) as clock
"""


def measure(
    server: Server,
    *,
    events: int = BACKLOG,
    published: int = PUBLISHED,
    round_count: int = rounds.ROUNDS,
) -> list[Figure]:
    """Drain, in turns, a table that holds a week of published rows and one that holds none."""
    with server.database() as url:
        fill(url, published=published)

        def full(series: int) -> float:
            seed(url, series=series, events=events)
            return drain_seeded(server, url, events=events)

        def empty(series: int) -> float:
            return drain_once(server, series=series, events=events)

        found = rounds.medians({"full": full, "empty": empty}, rounds=round_count)
    reference = f"none published: {found['empty']:,.0f} events/s"
    return [
        told(f"drain beside {published:,} published", found["full"], "events/s",
             reference=reference),
        at_least("same, to none", found["full"] / found["empty"], "x",
                 bar=LEAST_OF_EMPTY, reference=reference),
    ]  # fmt: skip


def fill(url: str, *, published: int) -> None:
    """Put a week of published rows into the table, two fifths of them into today's partition."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = int(published * SHARE_OF_TODAY)
    before = midnight - timedelta(days=DAYS - 1)
    with connected_to(url):
        create_partitions(today=before.date(), days_ahead=DAYS - 1)
    with psycopg.connect(url, autocommit=True, options="-c synchronous_commit=off") as connection:
        for first, end, rows in ((before, midnight, published - today), (midnight, now, today)):
            connection.execute(_FILL, {"first": first, "end": end, "rows": rows})
        tidy(connection, "true")
