from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from infra.local.waiting import wait_until
from monolith.strangler import operations, reconciliation, registry
from monolith.strangler.counting import tallies
from monolith.strangler.counting.handing_in import hand_in
from monolith.strangler.gates import gating
from monolith.strangler.models import Duty, Epoch, GateEvaluation, Heartbeat, Tally
from monolith.strangler.state.queries import get_status
from monolith.strangler.watching import dead_letters, duties, heartbeats, tendencies, watcher
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch):
    """What the watch calls, counted; nothing of it is done."""
    seen: Counter[str] = Counter()

    def note(name):
        def call(path, *_words, **_more):
            seen[name] += 1

        return call

    monkeypatch.setattr(gating, "evaluate", note("evaluate"))
    monkeypatch.setattr(reconciliation, "step", note("reconcile"))
    monkeypatch.setattr(heartbeats, "send", note("send"))
    monkeypatch.setattr(heartbeats, "listen", note("listen"))
    monkeypatch.setattr(heartbeats, "restore", note("restore"))
    monkeypatch.setattr(dead_letters, "count", lambda _path: 0)
    return seen


def on(rung):
    operations.place(path="shelf", rung=rung, actor="a", reason="r", at=NOON)


@pytest.mark.parametrize(
    ("rung", "reconciles"), [("monolith", 0), ("backfill", 0), ("shadow-1", 1), ("service", 1)]
)
def test_round_evaluates_and_goes_on_reconciling_from_shadow_on(
    library, service, seen, rung, reconciles
):
    if rung != "monolith":
        on(rung)

    watcher.look_after("shelf", at=NOON)
    watcher.go_on_reconciling("shelf", at=NOON)

    assert (seen["evaluate"], seen["reconcile"]) == (1, reconciles)
    assert Epoch.objects.filter(path="shelf").count() == 1


def test_nobody_to_ask_means_nothing_to_evaluate(library, settings, seen):
    settings.STRANGLER_SERVICE_URLS = {}

    watcher.look_after("shelf", at=NOON)

    assert not seen


def test_gates_are_evaluated_no_more_often_than_their_passes_count(library, service, monkeypatch):
    for seconds in (0, 60, 299, 300, 301):
        watcher.look_after("shelf", at=NOON + timedelta(seconds=seconds))

    assert evaluations() == [timedelta(0), timedelta(minutes=5)]


def evaluations():
    return [row.at - NOON for row in GateEvaluation.objects.filter(path="shelf").order_by("at")]


def rounds(*seconds):
    for second in seconds:
        watcher.look_after("shelf", at=NOON + timedelta(seconds=second))


def test_gates_are_asked_seldom_while_nobody_reads(library, service, settings):
    settings.STRANGLER_PROFILE = "demo"

    rounds(0, 2, 10, 28, 30, 32)

    assert evaluations() == [timedelta(0), timedelta(seconds=30)]


def test_gates_are_asked_sooner_while_reads_leave_evidence(library, service, settings):
    settings.STRANGLER_PROFILE = "demo"
    Tally.objects.create(
        path="shelf", epoch=1, minute=NOON, series="compare", name="match", count=1
    )

    rounds(0, 2, 8, 10, 18, 20)

    assert evaluations() == [timedelta(seconds=seconds) for seconds in (0, 10, 20)]


def test_heart_that_beats_on_is_no_new_evidence(library, service, settings):
    settings.STRANGLER_PROFILE = "demo"
    for series in ("lag", "dead-letters"):
        Tally.objects.create(path="shelf", epoch=1, minute=NOON, series=series, name="1", count=1)

    rounds(0, 10, 20)

    assert evaluations() == [timedelta(0)]


def test_gates_are_asked_at_once_before_another_rung(library, service, settings):
    settings.STRANGLER_PROFILE = "demo"
    rounds(0)
    on("shadow-1")

    rounds(2)

    assert evaluations() == [timedelta(0), timedelta(seconds=2)]


def test_gates_are_asked_sooner_in_a_new_epoch(library, service, settings):
    settings.STRANGLER_PROFILE = "demo"
    rounds(0)
    settings.STRANGLER_PROFILE = "standard"
    rounds(4)
    settings.STRANGLER_PROFILE = "demo"

    rounds(6, 10, 20)

    assert evaluations() == [timedelta(0), timedelta(seconds=10)]


def test_whoever_asks_the_gates_is_answered_at_once(library, service, settings):
    settings.STRANGLER_PROFILE = "demo"
    rounds(0)

    gating.evaluate("shelf", at=NOON + timedelta(seconds=1))

    assert evaluations() == [timedelta(0), timedelta(seconds=1)]


def test_step_that_fails_does_not_keep_the_next_one(library, service, seen, monkeypatch):
    def fail(_path):
        raise OSError("no route to host")

    monkeypatch.setattr(dead_letters, "count", fail)
    on("service")

    watcher.look_after("shelf", at=NOON)

    assert seen["evaluate"] == 1


def test_comparison_that_fails_is_nobody_elses_trouble(library, service, monkeypatch):
    def fail(_path):
        raise OSError("no route to host")

    monkeypatch.setattr(reconciliation, "step", fail)
    on("service")

    watcher.go_on_reconciling("shelf", at=NOON)


@pytest.fixture
def watch(library, monkeypatch):
    """A watch whose rounds and pieces are the test's own, and which has the duty."""
    monkeypatch.setattr(registry, "names", lambda: ["shelf", "rack"])
    monkeypatch.setattr(watcher, "ROUND_SECONDS", 0.01)
    monkeypatch.setattr(duties, "take", lambda *_names, at: bool(at))
    monkeypatch.setattr(duties, "leave", lambda *_names: None)
    watch = watcher.Watcher()
    yield watch
    watch.stop()


def counting(calls):
    def call(path, at):
        assert at
        calls[path] += 1

    return call


def test_service_that_is_slow_to_compare_silences_nobodys_heart(watch, monkeypatch):
    looked: Counter[str] = Counter()
    may_end, is_comparing = Event(), Event()

    def compare(_path, at):
        assert at
        is_comparing.set()
        may_end.wait()

    monkeypatch.setattr(watcher, "look_after", counting(looked))
    monkeypatch.setattr(watcher, "go_on_reconciling", compare)

    watch.start()
    is_comparing.wait()
    before = looked["rack"]

    wait_until(lambda: looked["rack"] > before + 2, "three more rounds")
    may_end.set()


def test_service_that_hangs_delays_nobody_elses_rounds(watch, monkeypatch):
    looked: Counter[str] = Counter()
    may_end, is_hanging = Event(), Event()

    def look_after(path, at):
        assert at
        looked[path] += 1
        if path == "shelf":
            is_hanging.set()
            may_end.wait()

    monkeypatch.setattr(watcher, "look_after", look_after)

    watch.start()
    is_hanging.wait()

    wait_until(lambda: looked["rack"] > 3, "rounds of the other path")
    assert looked["shelf"] == 1
    may_end.set()


def test_whoever_cannot_tell_whether_the_duty_is_theirs_rests(watch, monkeypatch):
    looked: Counter[str] = Counter()
    is_down = Event()

    def take(*_names, at):
        assert at
        if is_down.is_set():
            raise OSError("no route to the database")
        return True

    monkeypatch.setattr(duties, "take", take)
    monkeypatch.setattr(watcher, "look_after", counting(looked))
    watch.start()
    wait_until(lambda: looked["rack"] > 1, "rounds")

    is_down.set()

    wait_until(lambda: not watch._is_on_duty.is_set(), "the duty given up")


def test_whoever_has_lost_the_duty_neither_looks_nor_compares(watch, monkeypatch):
    asked: Counter[str] = Counter()
    done: Counter[str] = Counter()

    def refuse(*_names, at):
        assert at
        asked["duty"] += 1
        return False

    monkeypatch.setattr(duties, "take", refuse)
    monkeypatch.setattr(watcher, "look_after", counting(done))
    monkeypatch.setattr(watcher, "go_on_reconciling", counting(done))

    watch.start()

    wait_until(lambda: asked["duty"] > 3, "some tries")
    assert not done


@pytest.mark.parametrize(("found", "name"), [(0, "none"), (3, "some")])
def test_dead_letters_are_looked_for(library, service, seen, counted, monkeypatch, found, name):
    monkeypatch.setattr(dead_letters, "count", lambda _path: found)

    watcher.look_after("shelf", at=NOON)

    assert counted("dead-letters") == {name: 1}


def slow_minutes(*minutes, reads=50, milliseconds=900.0):
    for minute in minutes:
        for _ in range(reads):
            tallies.time_taken("shelf", "latency-service", milliseconds)
        key = next(iter(tallies._now.counts))
        taken = tallies.take()
        at = (NOON - timedelta(minutes=minute)).replace(second=0, microsecond=0)
        for each, count in taken.counts.items():
            moved = tallies.Key(each.path, each.epoch, at, each.series, each.name)
            tallies._now.counts[moved] += count
        assert key.series == "latency-service"
        hand_in()


@pytest.mark.parametrize(
    ("minutes", "how", "is_slow"),
    [
        ((1, 2, 3), {}, True),
        ((1, 2), {}, False),
        ((1, 2, 4), {}, False),
        ((1, 2, 3), {"reads": 49}, False),
        ((1, 2, 3), {"milliseconds": 700.0}, False),
    ],
)
def test_service_slow_for_three_minutes_takes_the_path_down(
    library, service, seen, minutes, how, is_slow
):
    on("canary-25")
    slow_minutes(*minutes, **how)

    watcher.look_after("shelf", at=NOON)

    assert get_status("shelf").rung.name == ("canary-5" if is_slow else "canary-25")


def test_profile_of_the_demo_allows_three_times_as_slow(library, settings):
    slow_minutes(1, 2, 3)
    assert tendencies.look("shelf", at=NOON)

    settings.STRANGLER_PROFILE = "demo"

    assert tendencies.look("shelf", at=NOON) == []


def test_read_that_people_wait_for_longer_may_be_slower(library):
    slow_minutes(1, 2, 3)

    with registry.standing_in(replace(library.path(), timeout_seconds=0.8)):
        assert tendencies.look("shelf", at=NOON) == []


@pytest.mark.parametrize(
    ("seconds", "sent", "is_behind"), [(179, 9, False), (181, 9, True), (181, 8, False)]
)
def test_events_that_do_not_arrive_raise_an_alarm(library, seconds, sent, is_behind):
    Heartbeat.objects.create(
        path="shelf",
        sent_version=sent,
        seen_version=8,
        seen_sent_at=NOON - timedelta(seconds=seconds),
    )

    assert bool(tendencies.look("shelf", at=NOON)) is is_behind


def test_duty_is_one_holders_until_they_leave_or_fall_silent():
    assert duties.take("watch", "one", at=NOON)
    assert duties.take("watch", "one", at=NOON)
    assert not duties.take("watch", "two", at=NOON)
    assert duties.take("watch", "two", at=NOON + duties.LASTS)

    duties.leave("watch", "one")
    assert Duty.objects.get().holder == "two"
    duties.leave("watch", "two")

    assert duties.take("watch", "three", at=NOON)
