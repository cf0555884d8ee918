from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from monolith.strangler import operations, pulse
from monolith.strangler.counting import handing_in, tallies
from monolith.strangler.counting.watches import Alarm, Answer
from monolith.strangler.deciding.ladder import rung_called
from monolith.strangler.models import (
    PathState,
    ReadRecord,
    Transition,
    TransitionEffect,
    WorkerSeen,
)
from monolith.strangler.state import controls, effects
from monolith.strangler.state.queries import get_status
from monolith.strangler.watching import reacting
from tests.factories import NOON


@pytest.fixture
def heart():
    return pulse.Pulse("web")


def on(rung):
    return operations.place(path="shelf", rung=rung, actor="setup", reason="a test", at=NOON)


def observe(watch, hits):
    for _ in range(hits):
        tallies.observe("shelf", watch, is_bad=True)


def rung():
    return get_status("shelf").rung.name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stands", "watch", "hits", "goes_to"),
    [
        ("canary-1", "errors", 5, "shadow-100"),
        ("canary-25", "wrong", 3, "canary-5"),
        ("service", "errors", 5, "canary-50"),
        ("service-alone", "errors", 5, "service"),
        ("service", "lost", 1, "canary-50"),
        ("service", "leak", 1, "monolith"),
        ("shadow-1", "leak", 1, "monolith"),
        ("canary-5", "extra", 2, "monolith"),
        ("canary-5", "extra", 1, "canary-5"),
        ("shadow-100", "wrong", 5, "shadow-100"),
        ("backfill", "errors", 9, "backfill"),
    ],
)
def test_alarm_takes_the_path_down(library, heart, stands, watch, hits, goes_to):
    on(stands)
    observe(watch, hits)

    heart.beat(NOON)

    assert rung() == goes_to


@pytest.mark.django_db
def test_second_alarm_within_an_hour_takes_the_path_out_of_the_canary(library, heart):
    on("canary-50")
    for minutes in (0, 59):
        observe("errors", 5)
        heart.beat(NOON + timedelta(minutes=minutes))

    assert rung() == "shadow-100"


@pytest.mark.django_db
def test_alarm_after_an_hour_is_a_first_one_again(library, heart):
    on("canary-50")
    for minutes in (0, 61):
        observe("errors", 5)
        heart.beat(NOON + timedelta(minutes=minutes))

    assert rung() == "canary-5"


@pytest.mark.django_db
def test_automatic_change_is_audited_with_its_evidence(library, heart):
    on("canary-5")
    observe("errors", 5)

    heart.beat(NOON)

    change = Transition.objects.latest("pk")
    assert (change.actor, change.actor_kind, change.via) == ("watch", "auto", "auto")
    assert change.reason == "the service does not answer, or too late: 5 of 5"
    assert change.evidence["watch"] == "errors"


@pytest.mark.django_db
def test_alarm_works_while_the_path_is_paused(library, heart):
    on("canary-5")
    operations.pause(path="shelf", actor="dana", reason="lunch", at=NOON)
    observe("errors", 5)

    heart.beat(NOON)

    assert rung() == "canary-1"


@pytest.mark.django_db
def test_frozen_path_is_not_frozen_again(library, heart):
    on("canary-5")
    for _ in range(2):
        observe("leak", 1)
        heart.beat(NOON)

    assert Transition.objects.filter(kind="freeze").count() == 1


@pytest.mark.django_db
def test_retired_path_has_nowhere_to_go(library):
    on("retired")
    alarm = Alarm(
        path="shelf", watch="errors", answer=Answer.STEP_DOWN, seen=3, bad=3, score=7, told="down"
    )

    assert reacting.react(alarm, at=NOON) is None


@pytest.mark.django_db
def test_beat_learns_what_is_in_force(library, heart):
    cache = controls.cache
    cache.is_driven = True
    try:
        heart.beat(NOON)
        PathState.objects.create(path="shelf", stage=40, canary_bp=10_000, changed_at=NOON)
        heart.beat(NOON)
        held = controls.held(cache.current(), "shelf")
        assert held is not None
        assert held.stage is rung_called("service").stage
    finally:
        cache.is_driven = False


@pytest.mark.django_db
def test_effect_is_written_when_the_last_process_serves_by_the_change(library, heart):
    heart.beat(NOON)
    WorkerSeen.objects.create(
        worker="other:1", kind="web", control_version=0, code="c", started_at=NOON,
        seen_at=timezone.now(),
    )  # fmt: skip
    change = operations.place(
        path="shelf", rung="service", actor="a", reason="r", at=timezone.now()
    )
    heart.beat(timezone.now())
    assert not TransitionEffect.objects.exists()

    WorkerSeen.objects.filter(worker="other:1").update(control_version=change.pk)
    effects.note_effects(timezone.now())

    effect = TransitionEffect.objects.get()
    assert (effect.transition_id, effect.workers, effect.is_complete) == (change.pk, 2, True)


@pytest.mark.django_db
def test_change_that_a_process_does_not_serve_by_after_a_minute_says_so(library, heart):
    now = timezone.now()
    late = now - timedelta(seconds=effects.GIVE_UP_SECONDS + 1)
    operations.place(path="shelf", rung="service", actor="a", reason="r", at=late)
    WorkerSeen.objects.create(
        worker="stuck:1", kind="web", control_version=0, code="c", started_at=NOON, seen_at=now
    )

    heart.beat(now)

    effect = TransitionEffect.objects.get()
    assert (effect.workers, effect.is_complete) == (1, False)


@pytest.mark.django_db
def test_nobody_waits_for_a_process_that_is_gone(library, heart):
    WorkerSeen.objects.create(
        worker="gone:1", kind="web", control_version=0, code="c", started_at=NOON,
        seen_at=timezone.now() - timedelta(seconds=effects.LIVE_SECONDS + 1),
    )  # fmt: skip
    operations.place(path="shelf", rung="service", actor="a", reason="r", at=timezone.now())

    heart.beat(timezone.now())

    assert TransitionEffect.objects.get().workers == 1


@pytest.mark.django_db
def test_nobody_waits_for_a_process_that_does_not_know_what_is_in_force(
    library, heart, monkeypatch
):
    heart.beat(timezone.now())
    assert WorkerSeen.objects.exists()
    monkeypatch.setattr(controls.cache, "poll", lambda: False)
    monkeypatch.setattr(controls.cache, "current", lambda: None)

    heart.beat(timezone.now())

    assert not WorkerSeen.objects.exists()


@pytest.mark.django_db
def test_reads_are_recorded_with_their_reasons(library, heart, standing):
    standing("monolith")
    from monolith.strangler import routing
    from tests.monolith.strangler.library import ShelfQuery

    tallies.take()
    routing.answer("shelf", ShelfQuery(7))
    handing_in.hand_in()

    read = ReadRecord.objects.get()
    assert (read.subject, read.source, read.reason) == ("7", "monolith", "open-transaction")
    assert read.facts["in_transaction"] is True


@pytest.mark.django_db(transaction=True)
def test_pulse_goes_on_whatever_happens_and_ends_when_told(library, monkeypatch):
    beats, broken = [], [True, False, False]

    def beat(self, at):
        beats.append(at)
        if broken[len(beats) - 1]:
            raise OperationalError("down")

    monkeypatch.setattr(pulse.Pulse, "beat", beat)
    monkeypatch.setattr(controls, "POLL_SECONDS", 0)
    heart = pulse.Pulse("web")
    heart._thread.start()
    while len(beats) < 2:
        tallies.urgent.set()
    broken.extend([False] * 1_000_000)

    heart.stop()

    assert not heart._thread.is_alive()
