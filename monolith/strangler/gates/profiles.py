"""How much evidence a rung costs: three profiles instead of forty settings. Pure.

A profile has what differs between them. The limits that hold everywhere stand below it, so that
every number of a gate is written down once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLES_DIVISOR = 50
TIMES_DIVISOR = 10_080  # a week is a minute

# Limits that hold in every profile. Shares are of 1, lengths in milliseconds unless named.
LAG_P99 = 5_000.0
HEARTBEAT_LOST_SECONDS = 30.0
OWN_COST_P99 = 2.0
TAIL = 0.01  # what lies above a p99
DROPPED_SHARE = 0.05
ORDER_ONLY_SHARE = 0.001
STALE_P99 = 10_000.0
SERVICE_P95 = 300.0
SERVICE_P99 = 800.0
FAILED_SHARE = 0.005
FALLBACK_SHARE = 0.005
FALLBACK_EXCESS = 0.0025
OWN_WRITE_FALLBACK_SHARE = 0.03
UNANSWERED_SHARE = 0.001
PEAK_SHARE = 0.5  # an hour with half the reads of the week's busiest one is a peak
DETECTED_SECONDS = 60.0
ROLLED_BACK_SECONDS = 5.0
SAMPLES_PER_SHAPE = 30
DRILLED_FAULTS = ("stale", "wrong", "slow", "error")
RESTORE = "restore"  # the drill that lets the monolith answer again after the service alone did


@dataclass(frozen=True, slots=True, kw_only=True)
class Bake:
    """What a canary step has to stand: how long, how many reads, how many verified, how well.

    `wrong_bound`: the upper bound of the share of wrong answers among the verified ones.
    """

    lasts: timedelta
    reads: int
    verified: int
    wrong_bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How many samples, how long, how fresh. `label` is what screens call it.

    `passes` evaluations in a row must pass, `between_passes` apart or more; two that lie further
    apart than `longest_gap` are no row. Windows say how far back evidence counts; `newest_within`
    how old its newest piece may be. `approvals` are the second persons that entering a rung needs.
    After an automatic roll-back nobody climbs for `cool_down`. `slower_than_monolith`: how many
    times the monolith's p95 the service's may be; `slowness_factor`: how many times the limits in
    milliseconds.
    """

    name: str
    label: str
    comparisons: int
    wrong_bound: float
    double_reads: int
    timed_reads: int
    per_shape: int
    beats: int
    own_writes: int
    checked_keys: int
    bakes: Mapping[str, Bake]
    slower_than_monolith: float
    fallback_excess: float
    share_factor: float
    slowness_factor: float
    needs_peak: bool
    passes: int
    between_passes: timedelta
    longest_gap: timedelta
    settling: timedelta
    comparison_window: timedelta
    lag_window: timedelta
    newest_within: timedelta
    plan_window: timedelta
    plan_expiry: timedelta
    reconciled_within: timedelta
    drilled_within: timedelta
    cool_down: timedelta
    soak: timedelta
    quiet: timedelta
    alone: timedelta
    approvals: Mapping[str, int]

    def approvals_for(self, rung: str) -> int:
        """Return how many others than the requester must approve entering a rung."""
        return self.approvals.get(rung, 0)

    def bake_of(self, rung: str) -> Bake:
        """Return what a rung has to stand before the path may climb from it.

        Raises:
            KeyError: the rung is no step of the canary.
        """
        return self.bakes[rung]


class UnknownProfile(Exception):
    """No profile has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no profile {name!r}; there are {', '.join(_PROFILES)}")


STANDARD = Profile(
    name="standard",
    label="standard",
    comparisons=3_000,
    wrong_bound=0.001,
    double_reads=500,
    timed_reads=300,
    per_shape=SAMPLES_PER_SHAPE,
    beats=100,
    own_writes=100,
    checked_keys=20,
    bakes={
        "canary-1": Bake(lasts=timedelta(minutes=30), reads=300, verified=300, wrong_bound=0.01),
        "canary-5": Bake(lasts=timedelta(hours=2), reads=1_000, verified=1_000, wrong_bound=0.003),
        "canary-25": Bake(
            lasts=timedelta(hours=12), reads=12_000, verified=3_000, wrong_bound=0.001
        ),
        "canary-50": Bake(
            lasts=timedelta(hours=24), reads=30_000, verified=3_000, wrong_bound=0.001
        ),
    },
    slower_than_monolith=1.1,
    fallback_excess=FALLBACK_EXCESS,
    share_factor=1,
    slowness_factor=1,
    needs_peak=True,
    passes=3,
    between_passes=timedelta(minutes=5),
    longest_gap=timedelta(hours=1),
    settling=timedelta(minutes=15),
    comparison_window=timedelta(hours=24),
    lag_window=timedelta(minutes=30),
    newest_within=timedelta(hours=1),
    plan_window=timedelta(hours=24),
    plan_expiry=timedelta(hours=1),
    reconciled_within=timedelta(hours=24),
    drilled_within=timedelta(days=30),
    cool_down=timedelta(hours=1),
    soak=timedelta(days=14),
    quiet=timedelta(days=7),
    alone=timedelta(days=7),
    approvals={"service": 1, "retired": 1},
)

STRICT = replace(
    STANDARD,
    name="strict",
    label="strict",
    comparisons=10_000,
    wrong_bound=0.0003,
    own_writes=300,
    bakes={
        **STANDARD.bakes,
        "canary-50": replace(STANDARD.bakes["canary-50"], lasts=timedelta(hours=72)),
    },
    reconciled_within=timedelta(hours=6),
    soak=timedelta(days=30),
    approvals={"service": 2, "retired": 1},
)


def _samples(n: int) -> int:
    return max(1, n // SAMPLES_DIVISOR)


def _shortened(bake: Bake) -> Bake:
    return Bake(
        lasts=bake.lasts / TIMES_DIVISOR,
        reads=_samples(bake.reads),
        verified=_samples(bake.verified),
        wrong_bound=bake.wrong_bound * SAMPLES_DIVISOR,
    )


# Windows are not divided: evidence of the last seconds only would be none. They are short, so
# that a backfill's lag does not count against the rung after it. An emulated service's speed says
# nothing about the real one's, so it only has to stay within three times the limits in
# milliseconds: a busy laptop runs the shop, the broker and the service on the same two cores.
DEMO = replace(
    STANDARD,
    name="demo",
    label=f"demo: samples / {SAMPLES_DIVISOR}, times / {TIMES_DIVISOR:,} (a week is a minute)",
    comparisons=_samples(STANDARD.comparisons),
    wrong_bound=STANDARD.wrong_bound * SAMPLES_DIVISOR,
    double_reads=_samples(STANDARD.double_reads),
    timed_reads=_samples(STANDARD.timed_reads),
    per_shape=_samples(STANDARD.per_shape),
    beats=_samples(STANDARD.beats),
    own_writes=_samples(STANDARD.own_writes),
    checked_keys=_samples(STANDARD.checked_keys),
    bakes={rung: _shortened(bake) for rung, bake in STANDARD.bakes.items()},
    slower_than_monolith=100.0,
    fallback_excess=STANDARD.fallback_excess * SAMPLES_DIVISOR,
    share_factor=10,
    slowness_factor=3,
    needs_peak=False,
    between_passes=timedelta(seconds=1),
    longest_gap=timedelta(minutes=5),
    settling=STANDARD.settling / TIMES_DIVISOR,
    comparison_window=timedelta(minutes=30),
    lag_window=timedelta(seconds=15),
    newest_within=timedelta(minutes=5),
    reconciled_within=timedelta(minutes=30),
    cool_down=STANDARD.cool_down / TIMES_DIVISOR,
    soak=STANDARD.soak / TIMES_DIVISOR,
    quiet=STANDARD.quiet / TIMES_DIVISOR,
    alone=STANDARD.alone / TIMES_DIVISOR,
)

_PROFILES = {profile.name: profile for profile in (DEMO, STANDARD, STRICT)}


def profile_called(name: str) -> Profile:
    """Return the profile that people call this.

    Raises:
        UnknownProfile: there is none.
    """
    try:
        return _PROFILES[name]
    except KeyError:
        raise UnknownProfile(name) from None


def profile_names() -> list[str]:
    """List the names of all profiles, the least demanding first."""
    return list(_PROFILES)
