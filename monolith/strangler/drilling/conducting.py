"""Conducts a drill: reads the twin as customers would, waits for the alarm, and times the way down.

The reads go through the very routing, comparison, watches and roll-back that customers' reads go
through. Only the client is another one, and the name of the path.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from monolith.strangler import mismatches, operations, pulse, registry, routing, shadowing
from monolith.strangler.calling import breaker, clients
from monolith.strangler.deciding.cohort import is_in_share
from monolith.strangler.deciding.decision import Source
from monolith.strangler.deciding.ladder import WHOLE, rung_called
from monolith.strangler.drilling.faults import FAULTS, Fault, SpoiltClient
from monolith.strangler.gates.profiles import DETECTED_SECONDS, RESTORE, ROLLED_BACK_SECONDS
from monolith.strangler.mismatches import observing
from monolith.strangler.models import Drill, Transition, TransitionEffect
from monolith.strangler.state import controls, effects, epochs, queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monolith.strangler.comparison.finished import Comparison
    from monolith.strangler.registry import MovingRead

# Faster than the six a second that finding 2 % within a minute needs, and no load to speak of: a
# busy machine gets through a third of it.
READS_A_SECOND = 40
_READERS = 4
_DRAIN_SECONDS = 1.0
_SAMPLES = 200
# Calls before the fault sets in: without any trouble, no alarm may be raised.
_CALM_READS = 20
_SETTLE_SECONDS = 5.0
ACTOR = "drill"


class DrillImpossible(Exception):
    """There is nothing to read."""


@dataclass(slots=True)
class _Fuse:
    """Lets the fault happen once it is lit."""

    is_lit: bool = False


@dataclass(slots=True)
class _Tally:
    """How many of a twin's comparisons could judge content."""

    twin: str
    compared: int = 0
    judged: int = 0

    def note(self, comparison: Comparison) -> None:
        """Take in one comparison."""
        if comparison.path == self.twin:
            self.compared += 1
            self.judged += comparison.judged.outcome in observing.JUDGED

    @property
    def share_judged(self) -> float:
        """The share that could, never quite 0; of none, all."""
        return (self.judged + 1) / (self.compared + 1)


def drill(
    path_name: str,
    *,
    faults: Sequence[str],
    by: str,
    report: Callable[[Drill], None] = lambda _drill: None,
) -> list[Drill]:
    """Put one fault after the other into a path's twin; return what came of each.

    A drill has passed if the watch that is there for it found the fault within 60 s, and every
    live process served by the roll-back within 5 s after that; a leak by its first hit.

    Raises:
        PathNotDeclared: there is no such path.
        DrillImpossible: the path has no samples to read.
        ServiceAddressMissing: no service is deployed for it.
        KeyError: there is no such fault.
    """
    path = registry.get_path(path_name)
    queries_to_ask = list(path.sample_queries(_SAMPLES))
    if len(queries_to_ask) < 2:  # noqa: PLR2004 - a leak takes two customers
        raise DrillImpossible(f"{path.name} has nothing to read: is there any customer yet?")
    clients.get_client(path.name)
    conducted = []
    for name in faults:
        made = (
            _restore(path, queries_to_ask, by)
            if name == RESTORE
            else _conduct(path, FAULTS[name], queries_to_ask, by)
        )
        conducted.append(made)
        report(made)
    return conducted


def _restore(path: MovingRead[Any, Any], asked: list[Any], by: str) -> Drill:
    """Let the monolith answer again after the service stood alone: does it still know how?"""
    began_at, began = timezone.now(), time.monotonic()
    twin = registry.twin_of(path).name
    heart = pulse.Pulse(ACTOR)
    operations.stand_twin(path=twin, rung=rung_called("service-alone"), verify_bp=0, at=began_at)
    heart.beat(timezone.now())
    back = operations.roll_back(
        path=twin, actor=ACTOR, actor_kind="schedule", reason="a drill ends", at=timezone.now()
    )
    heart.beat(timezone.now())
    answered = {routing.answer(twin, query).source for query in asked[:_CALM_READS]}
    effective = _seconds_to_effect(back)
    effects.say_gone()
    is_restored = answered == {Source.MONOLITH} and effective is not None
    return Drill.objects.create(
        path=path.name,
        fault=RESTORE,
        started_at=began_at,
        comparisons=min(len(asked), _CALM_READS),
        detected_seconds=time.monotonic() - began,
        rolled_back_seconds=effective,
        effective_seconds=effective,
        alarm="the monolith answers again" if is_restored else "the monolith does not answer",
        has_passed=is_restored and effective is not None and effective <= ROLLED_BACK_SECONDS,
        code=epochs.code(),
        by=by,
    )


def _conduct(path: MovingRead[Any, Any], fault: Fault, asked: list[Any], by: str) -> Drill:
    began_at = timezone.now()
    fuse = _Fuse()
    with _twin(path, fault, asked, fuse) as twin:
        _stand(twin.name)
        comparisons, seconds = _read_until_alarm(twin, cycle(asked), fuse)
        fallen = _fall_of(twin.name, began_at)
        made = _verdict(path.name, fault, began_at, comparisons, seconds, fallen, by)
        shadowing.drain(_SETTLE_SECONDS)
    # What this fault left open would raise its alarm in the middle of the next one.
    shadowing.let_go(twin.name)
    mismatches.forget(twin.name)
    effects.say_gone()
    return made


@contextmanager
def _twin(
    path: MovingRead[Any, Any], fault: Fault, asked: list[Any], fuse: _Fuse
) -> Iterator[MovingRead[Any, Any]]:
    """Let the twin stand in: the path under another name, with a client that spoils answers."""
    inner = clients.get_client(path.name)
    newest = cache(partial(_newest, path, asked))
    twin = replace(
        registry.twin_of(path),
        version_of=lambda answer: path.version_of(answer) - (fault.versions_behind * fuse.is_lit),
    )
    tally = _Tally(twin.name)

    def is_drawn() -> bool:
        share = fault.share(times_as_patient=path.times_as_patient, judged=tally.share_judged)
        return fuse.is_lit and is_in_share(random.randrange(WHOLE), share)  # noqa: S311

    client = SpoiltClient(
        inner,
        fault,
        is_drawn=is_drawn,
        other=lambda: path.service_request(newest()),
        version_of=path.version_of,
        subjects_in=path.subjects_in,
    )
    with (
        registry.standing_in(twin),
        clients.standing_in(twin.name, client),
        observing.telling(tally.note),
    ):
        yield twin


def _newest(path: MovingRead[Any, Any], asked: list[Any]) -> Any:
    """Return the question with the newest answer: somebody else's that no version gives away."""
    return max(asked, key=lambda query: path.version_of(path.ask_monolith(query)))


def _stand(twin: str) -> None:
    """Put the twin where the service answers everybody, and everything is verified."""
    operations.stand_twin(
        path=twin, rung=rung_called("service"), verify_bp=WHOLE, at=timezone.now()
    )
    controls.cache.poll()


def _read_until_alarm(
    twin: MovingRead[Any, Any], asked: Iterator[Any], fuse: _Fuse
) -> tuple[int, float | None]:
    """Read, calmly first, then with the fault; return how many reads, and seconds to the alarm."""
    heart = pulse.Pulse(ACTOR)
    breaker.forget()
    reads, began = 0, time.monotonic()
    with ThreadPoolExecutor(_READERS, thread_name_prefix="drill") as readers:
        while not fuse.is_lit or time.monotonic() - began < DETECTED_SECONDS:
            if reads >= _CALM_READS and not fuse.is_lit:
                fuse.is_lit, began = True, time.monotonic()
            reads += _read_for_half_a_second(twin.name, asked, readers)
            shadowing.drain(_DRAIN_SECONDS)
            heart.beat(timezone.now())
            if queries.get_status(twin.name).rung.name != "service":
                # An alarm before there was any fault finds none.
                return reads, time.monotonic() - began if fuse.is_lit else None
    return reads, None


def _read_for_half_a_second(twin: str, asked: Iterator[Any], readers: ThreadPoolExecutor) -> int:
    """Let every reader read its share of half a second; return how many reads that were."""
    ends = time.monotonic() + 0.5
    each = READS_A_SECOND // (2 * _READERS)
    shares = [list(islice(asked, each)) for _ in range(_READERS)]
    list(readers.map(partial(_read_all, twin), shares))
    time.sleep(max(ends - time.monotonic(), 0))
    return each * _READERS


def _read_all(twin: str, asked: list[Any]) -> None:
    try:
        for query in asked:
            routing.answer(twin, query)
    finally:
        connection.close()


def _fall_of(twin: str, since: Any) -> Transition | None:
    falls = Transition.objects.filter(path=twin, actor_kind="auto", at__gte=since)
    return falls.order_by("pk").first()


def _verdict(
    path: str,
    fault: Fault,
    began_at: Any,
    comparisons: int,
    seconds: float | None,
    fallen: Transition | None,
    by: str,
) -> Drill:
    effective = _seconds_to_effect(fallen) if fallen else None
    watch = fallen.evidence.get("watch") if fallen else None
    has_passed = (
        watch in fault.watches
        and seconds is not None
        and seconds <= DETECTED_SECONDS
        and effective is not None
        and effective <= ROLLED_BACK_SECONDS
    )
    return Drill.objects.create(
        path=path,
        fault=fault.name,
        started_at=began_at,
        comparisons=comparisons,
        detected_seconds=seconds,
        rolled_back_seconds=effective,
        effective_seconds=effective,
        alarm=fallen.reason if fallen else "",
        has_passed=has_passed,
        code=epochs.code(),
        by=by,
    )


def _seconds_to_effect(fallen: Transition) -> float | None:
    """Wait until every live process serves by a roll-back; None if that takes too long."""
    deadline = time.monotonic() + ROLLED_BACK_SECONDS
    while time.monotonic() < deadline:
        effects.note_effects(timezone.now())
        effect = TransitionEffect.objects.filter(transition=fallen).first()
        if effect is not None:
            return effect.milliseconds / 1000
        time.sleep(0.05)
    return None
