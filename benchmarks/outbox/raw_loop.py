"""The ceiling: the relay's own statements in a bare loop; nothing published, no threads.

`raw_loop` prints the seconds from the end of the first read, when a relay would begin to publish,
to the end of the last mark.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from psycopg import Connection

    from monolith.outbox.messages import Message


def main() -> None:
    """Empty the backlog."""
    django.setup()
    from monolith.outbox import claiming
    from monolith.outbox.connecting import connect

    with connect("raw loop", **claiming.SESSION) as connection:
        tokens = _take_all(connection)
        messages = _read(connection, tokens)
        began = perf_counter()
        while messages:
            claiming.mark_published(connection, messages)
            messages = _read(connection, tokens)
        print(perf_counter() - began)


def _take_all(connection: Connection[tuple[object, ...]]) -> dict[int, int]:
    from monolith.outbox.configuration import RelayOptions
    from monolith.outbox.leases import Leases

    options = RelayOptions.from_settings()
    leases = Leases(name="raw loop", lease_seconds=3600)
    leases.ensure_shards(connection, count=options.shards)
    return leases.take(connection, count=options.shards)


def _read(connection: Connection[tuple[object, ...]], tokens: dict[int, int]) -> list[Message]:
    from monolith.outbox import claiming
    from monolith.outbox.configuration import RelayOptions

    limit = RelayOptions.from_settings().batch_size // len(tokens)
    return claiming.read_pending(connection, tokens, limit_per_shard=limit)


if __name__ == "__main__":
    main()
