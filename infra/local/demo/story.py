"""The story: a sick monolith, a service that is filled, watched, trusted, broken, and trusted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from infra.local.demo import table
from infra.local.demo.acting import climb
from infra.local.visits import PAGES
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from infra.local.demo.narrating import Narrator
    from infra.local.demo.readers import Readings
    from infra.local.running import RunningShop

MOST_MINUTES_A_STEP = 5.0
_READS_TO_SPEAK_OF = 150
_OLD_PATH = """
select coalesce(sum(count), 0) from strangler_tally
where path = %s and series = 'old-path' and minute >= now() - interval '2 minutes'
"""
_FALL = """
select reason, extract(epoch from at)::float from strangler_transition
where path = %s and actor_kind = 'auto' and extract(epoch from at) >= %s order by version limit 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the story is played on."""

    shop: RunningShop
    path: str
    readings: Readings
    narrator: Narrator

    def climb(self, until: str) -> None:
        """Follow the runbook to a rung.

        Raises:
            RunbookStopped: it did not get there.
        """
        climb(
            self.shop,
            self.path,
            until=until,
            most_minutes=MOST_MINUTES_A_STEP,
            tell=self.narrator.quote,
        )

    def wait_for_reads(self, since: float) -> None:
        """Return once customers have looked often enough to speak of it."""
        what = f"{_READS_TO_SPEAK_OF} reads"
        wait_until(lambda: len(self.readings.since(since)) >= _READS_TO_SPEAK_OF, what, seconds=120)

    def asked(self, query: str, *parameters: object) -> tuple[object, ...] | None:
        """Ask the shop's database."""
        with psycopg.connect(self.shop.addresses["postgres"]) as connection:
            return connection.execute(query, parameters).fetchone()


def sick_monolith(stage: Stage) -> None:
    """Chapter one: what a read costs today."""
    stage.narrator.chapter(
        "The monolith is sick",
        f"Every look at {PAGES[stage.path].title} is worked out in the database of the tills.",
    )
    began = time.time()
    stage.wait_for_reads(began)
    stage.narrator.say(_told_reads(stage, began))


def shadow(stage: Stage) -> None:
    """Chapter two: the service is filled, and asked in the dark."""
    stage.narrator.chapter(
        "The runbook fills the service, and asks it in the dark",
        "From here on every step is the runbook's; nobody places a path on a rung.",
    )
    stage.climb("shadow-100")


def canary(stage: Stage) -> None:
    """Chapter three: a drill, and the first customers."""
    stage.narrator.chapter(
        "A drill, and the first customers",
        "Faults are put into the path's twin: each has to be found, and rolled back, by itself.",
    )
    stage.climb("canary-25")


def fault(stage: Stage) -> None:
    """Chapter four: the service dies under a quarter of the customers."""
    narrator, shop, began = stage.narrator, stage.shop, time.time()
    narrator.chapter(
        "Somebody pulls the plug of the service",
        "A quarter of the customers depends on it. Nobody at a keyboard does anything.",
    )
    shop.control("stop", "lambda-host")
    unplugged = time.time()
    try:
        wait_until(
            lambda: stage.asked(_FALL, stage.path, began) is not None, "a roll-back", seconds=90
        )
        reason, at = stage.asked(_FALL, stage.path, began) or ("", 0.0)
        narrator.say(f"rolled back by itself {float(str(at)) - unplugged:.1f} s later: {reason}")
    finally:
        shop.control("start", "lambda-host")
    narrator.say(_told_reads(stage, began))
    narrator.say("the plug is in again")


def trust(stage: Stage) -> None:
    """Chapter five: up again, and everybody."""
    stage.narrator.chapter(
        "Up again, and everybody is let in",
        "The same rungs have to be earned again. Robin approves what Dana plans.",
    )
    stage.climb("service")


def retire(stage: Stage) -> None:
    """Chapter six: nobody stands behind the service any more."""
    stage.narrator.chapter(
        "The monolith's query is retired",
        "A soak of 14 days (two minutes here), a week alone (one), then it is no longer asked.",
    )
    stage.climb("retired")
    began = time.time()
    stage.wait_for_reads(began)
    stage.narrator.say(_told_reads(stage, began))


CHAPTERS = (sick_monolith, shadow, canary, fault, trust, retire)


def tell_the_end(stage: Stage, *, began: float) -> bool:
    """Print the closing table; tell whether no customer saw anything that they should not."""
    stage.narrator.chapter("What came of it")
    stood = table.stays(
        stage.shop.addresses["postgres"], stage.path, began=began, ended=time.time()
    )
    for line in table.lines(stage.readings, stood):
        print(line)
    return not (stage.readings.errors() or stage.readings.violations())


def _fall(stage: Stage, since: float) -> tuple[object, ...] | None:
    return stage.asked(_FALL, stage.path, since)


def _told_reads(stage: Stage, since: float) -> str:
    seen = stage.readings.since(since)
    times = sorted(each.milliseconds for each in seen if not each.error)
    (old,) = stage.asked(_OLD_PATH, stage.path) or (0,)
    by_service = sum(each.source == "service" for each in seen)
    bad = sum(bool(each.error or each.complaint) for each in seen)
    return (
        f"{len(seen)} pages, {by_service} by the service, {bad} wrong or failed; p50 "
        f"{times[len(times) // 2]:.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms; "
        f"queries in the database of the tills in two minutes: {old}"
    )
