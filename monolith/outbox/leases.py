"""Who relays which shard: leases in a table, with a token that fences out whoever lost one.

All instants are the database's: a relay's own clock may jump. Safe at any moment is only what a
statement checks against the token; the leases merely keep two relays from doing the same work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

_ENSURE = """
    insert into outbox_shard (shard, token)
    select shard, 0 from generate_series(0, %(count)s - 1) as s (shard)
    on conflict do nothing
"""
# One statement does it all, because an idle relay sends nothing else: say that we live, renew our
# leases, look at everybody's, and see whether anything waits in ours.
_TEND = """
    with presence as (
        insert into outbox_relay (name, alive_until)
        values (%(name)s, clock_timestamp() + make_interval(secs => %(lease)s))
        on conflict (name) do update set alive_until = excluded.alive_until
    ), renewed as (
        update outbox_shard set lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
        where owner = %(name)s
        returning shard, token
    )
    select s.shard,
           r.token,
           coalesce(s.owner is null or s.lease_until <= clock_timestamp(), true) as is_free,
           coalesce(extract(epoch from s.lease_until - clock_timestamp()), 0)::float as expires_in,
           exists (
               select 1 from outbox_message m where m.shard = s.shard and m.published_at is null
           ) as has_pending,
           (
               select extract(epoch from min(h.retry_at) - clock_timestamp())
               from outbox_held_stream h where h.shard = s.shard
           )::float as retry_in,
           (
               select count(*) from outbox_relay p
               where p.name <> %(name)s and p.alive_until > clock_timestamp()
           ) as peers
    from outbox_shard s left join renewed r on r.shard = s.shard
"""
_TAKE = """
    update outbox_shard
    set owner = %(name)s, token = token + 1,
        lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
    where shard in (
        select shard from outbox_shard
        where owner is null or lease_until is null or lease_until <= clock_timestamp()
        order by shard limit %(count)s
        for update skip locked
    )
    returning shard, token
"""
_RELEASE = """
    update outbox_shard set owner = null, lease_until = null
    where owner = %(name)s and shard = any(%(shards)s::smallint[])
"""


class Standing(NamedTuple):
    """What a heartbeat found out. Times are seconds from now, as the database sees them."""

    tokens: dict[int, int]
    """Our shards, each with the token of the claim."""
    share: int
    """How many shards should be ours at most."""
    free: int
    next_expiry: float
    """When the first lease of another relay ends, unless it is renewed."""
    waiting: frozenset[int]
    """Those of ours that have pending messages, held or not."""
    next_retry: float
    """When the first held stream of ours may be tried again; infinite if none waits for that."""


class Leases:
    """The leases of one relay, by its name, over any connection."""

    def __init__(self, *, name: str, lease_seconds: float) -> None:
        self._name = name
        self._lease = lease_seconds

    def ensure_shards(self, connection: psycopg.Connection[Any], *, count: int) -> None:
        """Make the rows of the first `count` shards; any above are kept and served too."""
        connection.execute(_ENSURE, {"count": count})

    def tend(self, connection: psycopg.Connection[Any]) -> Standing:
        """Renew our leases and look around."""
        parameters = {"name": self._name, "lease": self._lease}
        return _standing(connection.execute(_TEND, parameters).fetchall())

    def take(self, connection: psycopg.Connection[Any], *, count: int) -> dict[int, int]:
        """Take up to `count` free or expired shards and return them with their new tokens."""
        parameters = {"name": self._name, "lease": self._lease, "count": count}
        with connection.transaction():
            # Marks may be lost with the server. A token may not: it would be given out once more.
            connection.execute("set local synchronous_commit = on")
            return dict(connection.execute(_TAKE, parameters).fetchall())

    def release(self, connection: psycopg.Connection[Any], shards: Collection[int]) -> None:
        """Give shards back at once."""
        connection.execute(_RELEASE, {"name": self._name, "shards": list(shards)})

    def leave(self, connection: psycopg.Connection[Any]) -> None:
        """Give everything back: the others need not wait for the leases to end."""
        connection.execute(
            "update outbox_shard set owner = null, lease_until = null where owner = %s",
            (self._name,),
        )
        connection.execute("delete from outbox_relay where name = %s", (self._name,))


def _standing(rows: list[tuple[Any, ...]]) -> Standing:
    mine = {row[0]: row[1] for row in rows if row[1] is not None}
    others = [row for row in rows if row[1] is None]
    peers = rows[0][6] if rows else 0
    return Standing(
        tokens=mine,
        share=-(-len(rows) // (peers + 1)),
        free=sum(row[2] for row in others),
        next_expiry=min((row[3] for row in others if not row[2]), default=float("inf")),
        waiting=frozenset(row[0] for row in rows if row[0] in mine and row[4]),
        next_retry=min(
            (row[5] for row in rows if row[0] in mine and row[5] is not None), default=float("inf")
        ),
    )
