"""What is gathered for the gates: the right series, of the right time, of the right epoch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monolith.strangler import registry
from monolith.strangler.gates import evidence
from monolith.strangler.gates.profiles import DEMO, STANDARD
from monolith.strangler.models import (
    BackfillRun,
    Drill,
    Heartbeat,
    NormaliseRule,
    Plan,
    ReconcileRun,
    Signature,
    Watch,
)
from tests.monolith.strangler.gates.recorded import move, open_epoch, stand, tally
from tests.monolith.strangler.gates.sound import NOW, ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def moving(library):
    open_epoch(1)
    stand("shadow-100")


def gathered(profile=STANDARD):
    return evidence.gather("shelf", at=NOW, profile=profile)


def test_unknown_path_is_refused():
    with pytest.raises(registry.PathNotDeclared):
        evidence.gather("attic", at=NOW, profile=STANDARD)


def test_of_a_path_without_rows_nothing_is_known(library):
    found = gathered()

    assert (found.rung, found.epoch, found.opened_at) == ("monolith", 0, None)
    assert found.compared.total == found.answers.total == found.watched == 0
    assert found.compared.newest is found.beat_at is found.filling is found.reconciled is None
    assert found.peak_hour is None


def test_rung_and_epoch_are_told(moving):
    found = gathered()

    assert (found.rung, found.rung_since) == ("shadow-100", ago(days=2))
    assert (found.epoch, found.opened_at) == (1, ago(days=2))


SERIES_OF_THE_EPOCH = {
    "answer": "answers",
    "compare": "compared_in_epoch",
    "verify": "verified",
    "shape": "shapes",
    "latency-request-shadowed": "shadowed_latency",
    "latency-request-plain": "plain_latency",
    "dropped": "dropped",
    "ryw": "own_writes",
}


@pytest.mark.parametrize(("series", "field"), SERIES_OF_THE_EPOCH.items())
def test_series_of_a_step_count_since_its_epoch_opened_and_nothing_of_another(
    moving, series, field
):
    tally(series, "7", 5, at=ago(hours=47))
    tally(series, "7", 3, at=ago(minutes=3))
    tally(series, "8", 1, at=ago(minutes=5))
    tally(series, "7", 100, epoch=2)
    tally(series, "7", 100, path="other")
    tally(f"{series}-other", "7", 100)

    counts = getattr(gathered(), field)

    assert counts.by_name == {"7": 8, "8": 1}
    assert (counts.newest, counts.since) == (ago(minutes=3), ago(days=2))


SERIES_OF_THE_WINDOW = {
    "compare": "compared",
    "recheck": "rechecked",
    "staleness": "staleness",
    "latency-service": "service_latency",
    "latency-monolith": "monolith_latency",
}


@pytest.mark.parametrize(("series", "field"), SERIES_OF_THE_WINDOW.items())
def test_series_of_a_window_leave_out_what_is_older_and_what_is_of_another_epoch(
    moving, series, field
):
    tally(series, "7", 5, at=ago(hours=25))
    tally(series, "7", 3, at=ago(hours=23))
    tally(series, "7", 100, epoch=2)

    assert getattr(gathered(), field).by_name == {"7": 3}
    assert getattr(gathered(DEMO), field).by_name == {}


@pytest.mark.parametrize(
    ("series", "field", "within", "before"),
    [
        ("answer", "answers_lately", {"days": 6}, {"days": 8}),
        ("unanswered", "unanswered_lately", {"days": 6}, {"days": 8}),
        ("old-path", "old_path_lately", {"days": 6}, {"days": 8}),
        ("lag", "lag", {"minutes": 29}, {"minutes": 31}),
        ("dead-letters", "dead_letters", {"minutes": 29}, {"minutes": 31}),
    ],
)
def test_other_series_count_over_their_time_whatever_the_epoch(
    moving, series, field, within, before
):
    tally(series, "7", 2, at=ago(**within), epoch=9)
    tally(series, "7", 100, at=ago(**before))

    assert getattr(gathered(), field).by_name == {"7": 2}


@pytest.mark.parametrize(("series", "field"), [("noise", "noise"), ("check", "checks")])
def test_baseline_and_checks_hold_for_all_epochs_of_this_code(moving, series, field):
    open_epoch(2, at=ago(hours=20), dial="another")
    tally(series, "same", 2, at=ago(hours=40), epoch=1)
    tally(series, "same", 3, epoch=2)
    assert getattr(gathered(), field).total == 5

    open_epoch(3, at=ago(hours=1), service="new")
    assert getattr(gathered(), field).total == 0


def test_busiest_hour_of_the_evidence_is_told_beside_that_of_the_week(moving):
    for hours, reads in ((6 * 24, 900), (30, 500), (3, 200), (2, 300)):
        tally("answer", "monolith:stage", reads, at=ago(hours=hours))
    tally("answer", "monolith:stage", 5_000, at=ago(days=8))
    tally("answer", "service:stage", 50, at=ago(hours=2) + timedelta(minutes=7))

    found = gathered()

    assert (found.busiest_hour, found.peak_hour) == (350, 900)


def test_filling_and_reconciliation_are_the_latest_ones(moving):
    BackfillRun.objects.create(path="shelf", started_at=ago(days=9), keys_done=1, finished_at=NOW)
    BackfillRun.objects.create(path="shelf", started_at=ago(days=3), abandoned_at=ago(days=2))
    BackfillRun.objects.create(
        path="shelf", started_at=ago(days=4), keys_done=7, keys_expected=9, finished_at=ago(days=3)
    )
    ReconcileRun.objects.create(
        path="shelf", epoch=1, started_at=ago(hours=4), keys=9, counts={"match": 9},
        finished_at=ago(hours=3),
    )  # fmt: skip
    ReconcileRun.objects.create(path="shelf", epoch=1, started_at=ago(hours=1), keys=2)

    found = gathered()

    assert (found.filling.keys_done, found.filling.keys_expected) == (7, 9)
    assert (found.reconciled.keys, found.reconciled.finished_at) == (9, ago(hours=3))
    assert found.reconciled.is_of_this_code


def test_reconciliation_of_other_code_is_told_as_such(moving):
    open_epoch(2, at=ago(hours=1), service="new")
    ReconcileRun.objects.create(
        path="shelf", epoch=1, started_at=ago(hours=4), keys=9, finished_at=ago(hours=3)
    )

    assert not gathered().reconciled.is_of_this_code


def test_plan_counts_until_it_was_executed(moving):
    facts = {
        "path": "shelf", "state_version": 1, "from_rung": "monolith", "epoch": 1,
        "fingerprint": "", "profile": "standard", "digest": "", "requested_by": "dana",
        "expires_at": NOW,
    }  # fmt: skip
    Plan.objects.create(**facts, rung="backfill", created_at=ago(hours=5))
    Plan.objects.create(**facts, rung="backfill", created_at=ago(hours=2), executed_at=NOW)
    Plan.objects.create(**facts, rung="shadow-1", created_at=ago(hours=1))

    assert gathered().planned_at == ago(hours=5)


def test_latest_drill_of_each_fault_counts_also_that_of_the_twin(moving):
    for path, days, has_passed in (("shelf", 9, True), ("shelf~drill", 3, False)):
        Drill.objects.create(
            path=path, fault="slow", started_at=ago(days=days), has_passed=has_passed,
            detected_seconds=20, rolled_back_seconds=1, code="", by="dana",
        )  # fmt: skip
    Drill.objects.create(path="other", fault="wrong", started_at=NOW, code="", by="dana")

    (drill,) = gathered().drills

    assert (drill.fault, drill.at, drill.has_passed) == ("slow", ago(days=3), False)
    assert (drill.detected_seconds, drill.rolled_back_seconds) == (20, 1)


def test_what_guards_the_path_is_told(moving):
    for digest, status in (("a", "open"), ("b", "explained"), ("c", "open")):
        Signature.objects.create(
            path="shelf", digest=digest, outcome="wrong", places=[], status=status,
            first_at=NOW, last_at=NOW,
        )  # fmt: skip
    for name, days in (("pennies", 1), ("expired", -1)):
        NormaliseRule.objects.create(
            path="shelf", name=name, place="x", how="y", owner="dana", reason="z",
            created_at=NOW, expires_at=NOW + timedelta(days=days),
        )  # fmt: skip
    Watch.objects.create(
        path="shelf", name="wrong", seen=50, since=ago(days=9), alarmed_at=ago(days=1)
    )
    Watch.objects.create(
        path="shelf", name="errors", seen=70, since=ago(days=9), alarmed_at=ago(days=3)
    )
    Heartbeat.objects.create(path="shelf", seen_sent_at=ago(seconds=9))
    move("canary-1", "shadow-100", at=ago(days=3), actor_kind="auto")

    found = gathered()

    assert found.open_signatures == 2
    assert found.live_rules == ("pennies",)
    assert (found.watched, found.alarms) == (120, ("wrong",))
    assert found.beat_at == ago(seconds=9)
    assert found.automatic_rollbacks == 1


def test_watch_that_has_no_doubts_is_awake_if_it_moved_since_the_epoch_opened(moving):
    tally("compare", "match", 70)
    tally("compare", "timeout", 5)
    watch = Watch.objects.create(path="shelf", name="wrong", seen=0, since=ago(days=3))
    assert gathered().watched == 0

    watch.since = ago(minutes=1)
    watch.save()

    assert gathered().watched == 70


def test_shards_without_a_relay_are_seen(moving):
    assert not gathered().relaying.is_complete

    with connection.cursor() as cursor:
        cursor.execute(
            "insert into outbox_shard (shard, token, owner, lease_until) values"
            " (0, 1, gen_random_uuid(), clock_timestamp() + interval '1 hour'),"
            " (1, 1, null, null)"
        )
        assert not gathered().relaying.is_complete
        cursor.execute("delete from outbox_shard where shard = 1")

    assert gathered().relaying.is_complete


def test_questions_to_the_database_do_not_grow_with_what_is_in_it(moving):
    with CaptureQueriesContext(connection) as few:
        gathered()
    for minutes in range(60):
        for series in {**SERIES_OF_THE_EPOCH, **SERIES_OF_THE_WINDOW}:
            tally(series, f"{minutes}", at=ago(minutes=minutes), epoch=minutes + 1)
    with CaptureQueriesContext(connection) as many:
        gathered()

    assert len(many) == len(few) <= 25
