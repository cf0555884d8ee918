"""All that the gates look at: figures, each with the instant of its newest piece. No judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often each name of a series was seen since an instant; `newest`: the last time."""

    by_name: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None
    newest: datetime | None = None

    @property
    def total(self) -> int:
        """How many were seen, whatever their name."""
        return sum(self.by_name.values())

    def of(self, *names: str) -> int:
        """Return how many were seen under these names."""
        return sum(self.by_name.get(name, 0) for name in names)

    def starting(self, prefix: str) -> int:
        """Return how many were seen under names that begin so."""
        return sum(count for name, count in self.by_name.items() if name.startswith(prefix))

    def buckets(self) -> dict[int, int]:
        """Return a histogram's counts by the number of the bucket."""
        return {int(name): count for name, count in self.by_name.items() if name.isdecimal()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaying:
    """How the outbox is relayed: has every registered shard an owner, and what is parked?"""

    is_complete: bool
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How far the latest backfill came."""

    keys_done: int
    keys_expected: int | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What the latest complete comparison of every key found; `counts`: final -> keys."""

    keys: int
    counts: Mapping[str, int]
    finished_at: datetime
    is_of_this_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """The latest drill of one fault."""

    fault: str
    at: datetime
    has_passed: bool
    detected_seconds: float | None
    rolled_back_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What customers did whom the service answered, and what the others did."""

    orders: int
    visits: int
    control_orders: int
    control_visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that is known about a path. What nobody counted is empty or None, never a zero.

    `_lately` counts over the profile's quiet time whatever the epoch, `_in_epoch` since the epoch
    opened; `compared`, `rechecked`, `staleness` and the two sources' latencies over the profile's
    comparison window within the epoch; `lag` and `dead_letters` over its lag window. `noise` and
    `checks` count in all epochs of the same code. The other series count since the epoch opened.
    """

    path: str
    rung: str
    rung_since: datetime | None = None
    canary_bp: int = 0
    epoch: int = 0
    opened_at: datetime | None = None
    answers: Counts = Counts()
    answers_lately: Counts = Counts()
    unanswered_lately: Counts = Counts()
    old_path_lately: Counts = Counts()
    busiest_hour: int | None = None
    peak_hour: int | None = None
    compared: Counts = Counts()
    compared_in_epoch: Counts = Counts()
    verified: Counts = Counts()
    rechecked: Counts = Counts()
    staleness: Counts = Counts()
    noise: Counts = Counts()
    shapes: Counts = Counts()
    declared_shapes: tuple[str, ...] = ()
    times_as_patient: float = 1.0
    service_latency: Counts = Counts()
    monolith_latency: Counts = Counts()
    shadowed_latency: Counts = Counts()
    plain_latency: Counts = Counts()
    dropped: Counts = Counts()
    own_writes: Counts = Counts()
    lag: Counts = Counts()
    dead_letters: Counts = Counts()
    checks: Counts = Counts()
    relaying: Relaying | None = None
    beat_at: datetime | None = None
    planned_at: datetime | None = None
    filling: Filling | None = None
    reconciled: Reconciled | None = None
    drills: tuple[Drilled, ...] = ()
    open_signatures: int | None = None
    watched: int = 0
    alarms: tuple[str, ...] = ()
    live_rules: tuple[str, ...] | None = None
    automatic_rollbacks: int | None = None
    business: Business | None = None

    def drill_of(self, fault: str) -> Drilled | None:
        """Return the latest drill of a fault, or None."""
        return next((drill for drill in self.drills if drill.fault == fault), None)

    @property
    def baking_since(self) -> datetime | None:
        """When the path came to its rung with the code that it runs now; None: nobody knows."""
        if self.rung_since is None or self.opened_at is None:
            return None
        return max(self.rung_since, self.opened_at)
