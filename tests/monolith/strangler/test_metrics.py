"""What Prometheus is told of the moving reads: the right figure under the right name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monolith.strangler import operations, registry
from monolith.strangler.comparison.outcomes import Outcome
from monolith.strangler.counting.statistics import WRONG, bucket_of, edge_of
from monolith.strangler.counting.watches import WATCHMEN
from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.metrics import strangler_registry
from monolith.strangler.models import (
    Duty,
    GateEvaluation,
    Heartbeat,
    ReconcileRun,
    Signature,
    Transition,
    Watch,
    WorkerSeen,
)
from monolith.strangler.reporting import measuring
from monolith.strangler.reporting.measuring import measure
from monolith.strangler.state import effects
from tests.factories import NOON
from tests.monolith.strangler.gates.recorded import tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch, library):
    """Tells the value of a metric at noon; None where nothing is told."""
    monkeypatch.setattr("monolith.strangler.metrics.timezone.now", lambda: NOON)

    def value(name, path="shelf", **labels):
        of_path = {"path": path} if path else {}
        return strangler_registry().get_sample_value(f"strangler_{name}", of_path | labels)

    return value


def on(rung):
    return operations.place(path="shelf", rung=rung, actor="setup", reason="a test", at=NOON)


@pytest.mark.parametrize("number", range(len(RUNGS)))
def test_rung_is_told_by_its_number_and_its_stage_by_its(told, number):
    on(RUNGS[number].name)

    assert told("path_rung") == number
    assert told("path_stage") == int(RUNGS[number].stage)
    assert told("canary_share") == RUNGS[number].dial.canary_bp / 10_000


def test_path_that_never_moved_stands_at_the_bottom(told):
    assert (told("path_rung"), told("path_stage"), told("up", path=None)) == (0, 0, 1)
    assert told("reconciled_age_seconds") is None
    assert told("differing_keys") is None
    assert told("heartbeat_lag_seconds") is None
    assert told("service_share") is None


def test_holds_are_told_apart(told, settings, tmp_path):
    def held():
        return [told("path_hold", hold=hold) for hold in ("paused", "frozen", "killed")]

    assert held() == [0, 0, 0]
    operations.pause(path="shelf", actor="dana", reason="lunch", at=NOON, until=NOON)
    assert held() == [0, 0, 0]  # until noon, and it is noon
    operations.pause(path="shelf", actor="dana", reason="lunch", at=NOON)
    assert held() == [1, 0, 0]
    operations.freeze(path="shelf", actor="watch", reason="a leak", at=NOON)
    assert held() == [0, 1, 0]
    settings.STRANGLER_KILL_FILE = tmp_path / "kill"
    settings.STRANGLER_KILL_FILE.write_text("")
    assert held() == [0, 1, 1]


@pytest.mark.parametrize("path", ["shelf", "all"])
def test_kill_by_row_is_told(told, path):
    operations.kill(path=path, actor="dana", reason="fire", at=NOON)

    assert told("path_hold", hold="killed") == 1


def test_answers_are_counted_since_midnight_whatever_the_epoch(told):
    midnight = NOON - timedelta(hours=12)
    tally("answer", "monolith:fallback:timeout", 2)
    tally("answer", "monolith:fallback:timeout", 3, at=midnight, epoch=2)
    tally("answer", "monolith:fallback:timeout", 50, at=midnight - timedelta(minutes=1))
    tally("answer", "service:stage", 7, path="shelf~drill")

    assert told("answers_total", source="monolith", reason="fallback:timeout") == 5
    assert told("answers_total", source="service", reason="stage") is None


def test_what_the_service_answered_lately_is_told_as_a_share(told):
    tally("answer", "service:cohort", 30)
    tally("answer", "service:second-read", 1, at=NOON - timedelta(minutes=4))
    tally("answer", "monolith:not-in-cohort", 93)
    tally("answer", "monolith:stage", 1_000, at=NOON - timedelta(minutes=6))

    assert told("service_share") == 0.25


def test_every_outcome_is_told_before_it_was_ever_seen(told):
    tally("compare", "wrong", 4)
    tally("verify", "leak", 1)

    seen = {outcome: told("comparisons_total", outcome=outcome.value) for outcome in Outcome}

    assert seen.pop(Outcome.MOVED) is None  # reconciliation's own
    assert seen == {**dict.fromkeys(seen, 0), Outcome.WRONG: 4}
    assert told("verified_answers_total", outcome="leak") == 1
    assert told("verified_answers_total", outcome="wrong") == 0


def test_violations_are_told_before_there_was_one(told):
    tally("ryw", "reached", 8)

    assert told("own_write_reads_total", result="reached") == 8
    assert told("own_write_reads_total", result="violated") == 0


@pytest.mark.parametrize(
    ("series", "name", "metric"),
    [
        ("unanswered", "timeout", "unanswered_reads_total"),
        ("breaker", "opened", "breaker_openings_total"),
        ("old-path", "called", "old_path_calls_total"),
    ],
)
def test_what_happens_seldom_is_told_before_it_happened(told, series, name, metric):
    assert told(metric) == 0
    tally(series, name, 3)
    assert told(metric) == 3


def test_what_was_not_compared_is_told_with_the_reason(told):
    tally("dropped", "queue-full", 3)
    tally("harness", "compare", 2)

    assert told("dropped_comparisons_total", why="queue-full") == 3
    assert told("harness_failures_total", hook="compare") == 2


def test_latencies_are_told_in_seconds(told):
    tally("latency-service", str(bucket_of(50)), 98)
    tally("latency-service", str(bucket_of(700)), 2)
    tally("latency-service", str(bucket_of(9_000)), 900, at=NOON - timedelta(minutes=9))
    tally("staleness", str(bucket_of(1_500)), 1)

    def seconds(milliseconds):
        return pytest.approx(edge_of(bucket_of(milliseconds)) / 1000)

    assert told("read_seconds", source="service", quantile="0.5") == seconds(50)
    assert told("read_seconds", source="service", quantile="0.99") == seconds(700)
    assert told("read_seconds", source="monolith", quantile="0.99") is None
    assert told("staleness_seconds", quantile="0.95") == seconds(1_500)


@pytest.mark.parametrize("watch", WATCHMEN)
def test_watch_is_told_by_how_near_its_alarm_is(told, watch):
    watchman = WATCHMEN[watch]
    limit = watchman.cusum.h if watchman.cusum else watchman.hits
    Watch.objects.create(path="shelf", name=watch, score=limit / 2, since=NOON)

    assert told("watch_score", watch=watch) == pytest.approx(0.5)


def test_two_wrong_answers_are_more_than_half_way_to_the_alarm(told):
    score = WRONG.advance_many(0, seen=2, bad=2)
    Watch.objects.create(path="shelf", name="wrong", score=score, since=NOON)

    assert 0.5 < told("watch_score", watch="wrong") < 1


def test_lag_is_the_age_of_the_newest_beat_that_arrived(told):
    Heartbeat.objects.create(
        path="shelf", sent_version=9, seen_version=5, seen_sent_at=NOON - timedelta(seconds=75)
    )

    assert told("heartbeat_lag_seconds") == 75


def test_dead_letters_are_told_once_somebody_has_looked(told):
    assert told("dead_letters") is None
    tally("dead-letters", "none", 9)
    assert told("dead_letters") == 0
    tally("dead-letters", "some")
    assert told("dead_letters") == 1


def test_reconciliation_is_told_by_its_age_and_what_it_found(told):
    began = NOON - timedelta(hours=30)
    ReconcileRun.objects.create(
        path="shelf", started_at=began, finished_at=NOON,
        counts={"match": 90, "wrong": 2, "extra": 1, "unsettled": 4},
    )  # fmt: skip
    ReconcileRun.objects.create(path="shelf", started_at=NOON)  # not done yet

    assert told("reconciled_age_seconds") == 30 * 3_600
    assert told("differing_keys") == 3
    assert told("unsettled_keys") == 4


def test_only_open_signatures_are_told(told):
    for digest, status in (("a", "open"), ("b", "open"), ("c", "explained")):
        Signature.objects.create(
            path="shelf", digest=digest, outcome="wrong", places=[], status=status,
            first_at=NOON, last_at=NOON,
        )  # fmt: skip

    assert told("open_signatures") == 2


def test_what_alarms_did_is_told_apart_from_what_people_did(told):
    assert told("automatic_changes_total", kind="roll-back") == 0
    on("canary-25")
    for rung, kind in (("canary-5", "auto"), ("canary-1", "human")):
        operations.roll_back(
            path="shelf", to_rung=rung, actor="x", actor_kind=kind, reason="wrong", at=NOON
        )
    operations.freeze(path="shelf", actor="watch", reason="a leak", at=NOON)

    assert told("automatic_changes_total", kind="roll-back") == 1
    assert told("automatic_changes_total", kind="freeze") == 1


def test_gates_are_told_by_what_they_said_last_before_the_next_rung(told):
    on("shadow-100")
    for rung, at, verdicts in (
        ("canary-1", NOON, ["pass", "pass", "inconclusive"]),
        ("canary-1", NOON - timedelta(minutes=5), ["fail"]),
        ("shadow-100", NOON + timedelta(minutes=5), ["stale"]),
    ):
        results = [{"verdict": verdict, "is_dry_run": False} for verdict in verdicts]
        GateEvaluation.objects.create(
            path="shelf", epoch=1, rung=rung, profile="demo", verdict="fail", at=at,
            results=[*results, {"verdict": "fail", "is_dry_run": True}],
        )  # fmt: skip

    said = {name: told("gates", verdict=name) for name in ("pass", "inconclusive", "fail", "stale")}
    assert said == {"pass": 2, "inconclusive": 1, "fail": 0, "stale": 0}


def test_processes_are_told_and_which_is_behind(told):
    newest = on("shadow-1").pk
    for name, seconds, version, code in (
        ("a:1", 1, newest, "new"),
        ("a:2", 2, newest - 1, "old"),
        ("a:3", effects.LIVE_SECONDS + 1, 0, "oldest"),
    ):
        WorkerSeen.objects.create(
            worker=name, kind="web", control_version=version, code=code, started_at=NOON,
            seen_at=NOON - timedelta(seconds=seconds),
        )  # fmt: skip

    assert told("processes", path=None, kind="web") == 2
    assert told("control_version", path=None) == newest
    assert told("served_control_version", path=None) == newest - 1
    assert told("live_codes", path=None) == 2


def test_nobody_is_behind_where_nobody_lives(told):
    newest = on("shadow-1").pk

    assert told("served_control_version", path=None) == newest


@pytest.mark.parametrize(("seconds", "is_watched"), [(10, 1), (-1, 0), (0, 0)])
def test_watch_is_told_to_run_while_its_duty_lasts(told, seconds, is_watched):
    assert told("watched", path=None) == 0
    Duty.objects.create(name="watch", holder="w", until=NOON + timedelta(seconds=seconds))

    assert told("watched", path=None) == is_watched


@pytest.mark.parametrize(("keys", "is_set"), [([], 0), (["k"], 1)])
def test_key_of_the_samples_is_told_to_be_there(told, settings, keys, is_set):
    settings.STRANGLER_SAMPLE_KEYS = keys

    assert told("sample_key_set", path=None) == is_set


def test_twins_are_not_told(told):
    tally("answer", "service:stage", path="shelf~drill")
    Transition.objects.create(
        path="shelf~drill", version=1, kind="roll-back", from_stage=40, to_stage=0, actor="drill",
        actor_kind="auto", reason="a drill", at=NOON, took_microseconds=1,
    )  # fmt: skip

    samples = [s for family in strangler_registry().collect() for s in family.samples]
    assert {s.labels["path"] for s in samples if "path" in s.labels} == set(registry.names())


@pytest.mark.django_db(transaction=True)
def test_statement_that_takes_too_long_is_a_failed_measurement(told, monkeypatch):
    monkeypatch.setattr(measuring, "_GATES", "select pg_sleep(60), %s::text, %s::text")
    monkeypatch.setattr(measuring, "_STATEMENT_MILLISECONDS", 50)

    assert told("up", path=None) == 0
    assert told("path_rung") is None


def test_a_further_path_costs_one_statement(library, monkeypatch):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            measure(NOON)
        return len(captured)

    paths, few = len(registry.names()), statements()
    for name in ("a", "b", "c"):
        monkeypatch.setitem(registry._declared, name, library.path(name))

    assert few - paths <= 16
    assert statements() - few == 3
