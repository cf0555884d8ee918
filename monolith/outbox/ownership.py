"""Which shards are ours at the moment: a fair share of all, taken, kept and given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from monolith.outbox.leases import Leases
from monolith.outbox.waking import tell_relays

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import psycopg

    from monolith.outbox.configuration import RelayOptions
    from monolith.outbox.leases import Standing

_SOONEST_SECONDS = 0.1

log = structlog.get_logger(__name__)


class Change(NamedTuple):
    """What a look at the leases brought; in `retry_in` seconds a held stream is due."""

    gained: set[int]
    lost: set[int]
    waiting: frozenset[int]
    retry_in: float


class Ownership:
    """The shards of one relay with the tokens of their claims."""

    def __init__(self, *, name: str, options: RelayOptions) -> None:
        self._name = name
        self._options = options
        self._leases = Leases(name=name, lease_seconds=options.lease_seconds)
        self._leaving: set[int] = set()
        self.tokens: dict[int, int] = {}
        self.next_tend_at = 0.0

    def join(self, connection: psycopg.Connection[Any]) -> None:
        """Introduce ourselves on a new connection; the others hear it and make room."""
        self._leases.ensure_shards(connection, count=self._options.shards)
        self._leases.tend(connection)
        tell_relays(connection)
        self.next_tend_at = 0.0

    def tend(self, connection: psycopg.Connection[Any], *, now: float) -> Change:
        """Renew what is ours, take what is missing, and say what to leave."""
        standing = self._leases.tend(connection)
        self._leaving &= standing.tokens.keys()
        tokens = {s: token for s, token in standing.tokens.items() if s not in self._leaving}
        tokens |= self._take(connection, standing, owned=len(tokens))
        surplus = sorted(tokens)[standing.share :] if standing.share else []
        self._leaving.update(surplus)
        self.next_tend_at = now + self._pause(standing)
        change = self._change_to({s: t for s, t in tokens.items() if s not in surplus})
        return change._replace(waiting=standing.waiting, retry_in=standing.next_retry)

    def disown(self, shards: Collection[int]) -> None:
        """Forget shards whose token was refused, and see soon what happened to them."""
        for shard in shards:
            self.tokens.pop(shard, None)
        self.next_tend_at = 0.0

    def release_idle(
        self, connection: psycopg.Connection[Any], is_idle: Callable[[int], bool]
    ) -> None:
        """Give up the shards that we leave, as soon as nothing of theirs is on its way."""
        done = {shard for shard in self._leaving if is_idle(shard)}
        if done:
            self._leases.release(connection, done)
            self._leaving -= done
            tell_relays(connection)

    def leave(self, connection: psycopg.Connection[Any]) -> None:
        """Give up everything."""
        self._leases.leave(connection)
        tell_relays(connection)
        self.tokens = {}

    def _take(
        self, connection: psycopg.Connection[Any], standing: Standing, *, owned: int
    ) -> dict[int, int]:
        count = min(standing.share - owned, standing.free)
        return self._leases.take(connection, count=count) if count > 0 else {}

    def _pause(self, standing: Standing) -> float:
        # Leases that nobody renews any more are looked at when they end, not at the next heartbeat.
        until_expiry = max(standing.next_expiry, 0) + _SOONEST_SECONDS
        return min(self._options.heartbeat_seconds, until_expiry)

    def _change_to(self, tokens: dict[int, int]) -> Change:
        lost = {shard for shard, token in self.tokens.items() if tokens.get(shard) != token}
        gained = {shard for shard, token in tokens.items() if self.tokens.get(shard) != token}
        self.tokens = tokens
        if lost or gained:
            log.info("outbox_shards_changed", relay=self._name, shards=sorted(tokens))
        return Change(gained=gained, lost=lost, waiting=frozenset(), retry_in=float("inf"))
