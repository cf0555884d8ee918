"""Every reason to wait, in words; and a backfill that waits for each."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from monolith.outbox.models import HeldStream, OutboxMessage
from monolith.strangler import backfill
from monolith.strangler.backfill import State, throttling
from monolith.strangler.backfill.throttling import Throttling
from monolith.strangler.counting.statistics import bucket_of
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import BackfillChunk, BackfillRun, Heartbeat, PathState, Tally
from tests.factories import NOON, later
from tests.monolith.outbox.events import commit
from tests.monolith.strangler.people import WHO

pytestmark = pytest.mark.django_db


@pytest.fixture
def under_way(library):
    return BackfillRun.objects.create(path="shelf", started_at=NOON, max_pending=2)


@pytest.fixture
def flag(settings, tmp_path):
    settings.STRANGLER_THROTTLE_FILE = tmp_path / "throttle"
    return settings.STRANGLER_THROTTLE_FILE


def reason(under_way, at=None):
    throttle = Throttling().find(under_way, at=at or timezone.now())
    return throttle and throttle.reason


def age_pending(seconds):
    with connection.cursor() as cursor:
        cursor.execute(
            "update outbox_message set recorded_at = clock_timestamp() - make_interval(secs => %s)",
            [seconds],
        )


def test_nothing_speaks_against_a_quiet_system(under_way):
    assert reason(under_way) is None


def test_full_outbox(under_way):
    commit("customer/1", 2)
    assert reason(under_way) is None

    commit("customer/1", 1)

    assert reason(under_way) == "outbox: 3 events pending, limit 2"


def test_slow_outbox(under_way):
    commit("customer/1")
    age_pending(4)
    assert reason(under_way) is None

    age_pending(7.04)

    assert str(reason(under_way)).startswith("outbox: oldest event waits 7.")
    assert str(reason(under_way)).endswith(" s, limit 5 s")


def test_stream_that_is_held_waits_for_somebody_else(under_way):
    commit("customer/1", 5)
    age_pending(100)

    held = OutboxMessage.objects.order_by("pk").first()
    assert held is not None
    HeldStream.objects.create(
        stream="customer/1", shard=held.shard, message_id=held.pk, attempts=1, last_error="poison"
    )

    assert reason(under_way) is None


def test_busy_database(under_way, monkeypatch):
    monkeypatch.setattr(throttling, "BUSY_PERCENT", 0.1)

    said = str(reason(under_way))

    assert said.startswith("database: ")
    assert said.endswith(" %), limit 0.1 %")
    assert "connections active" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "flag file throttle names all"),
        ("all", "flag file throttle names shelf"),
        ("attic, shelf\n", "flag file throttle names shelf"),
        ("attic", None),
    ],
)
def test_flag_file(under_way, flag, text, said):
    flag.write_text(text)

    assert reason(under_way) == said


def test_flag_that_cannot_be_read_is_meant(under_way, flag):
    flag.mkdir()

    assert reason(under_way) == "flag file throttle names all"


def beating(*, seen, sent=0, looked=0, path="shelf"):
    """A heart whose newest beat was sent so many seconds ago, and so on."""
    now = timezone.now()
    Heartbeat.objects.create(
        path=path,
        sent_version=7,
        sent_at=now - timedelta(seconds=sent),
        seen_version=5,
        seen_sent_at=None if seen is None else now - timedelta(seconds=seen),
        looked_at=now - timedelta(seconds=looked),
    )
    return now


def test_service_that_is_behind_its_queue(under_way):
    now = beating(seen=31)

    assert reason(under_way, now) == "service: 31 s behind its queue, limit 30 s"

    backfill.turn("shelf", {"lag": "31"}, WHO)
    under_way.refresh_from_db()
    assert reason(under_way, now) is None


@pytest.mark.parametrize(
    "beat", [{"seen": 29}, {"seen": None}, {"seen": 600, "looked": 31}], ids=str
)
def test_service_of_which_nobody_knows_that_it_is_behind(under_way, beat):
    now = beating(**beat)

    assert reason(under_way, now) is None


def stands(path, stage):
    PathState.objects.update_or_create(path=path, defaults={"stage": stage, "changed_at": NOON})


def sent_keys(under_way, keys, *, ago):
    BackfillChunk.objects.create(
        run=under_way, first_key="1", last_key="9", keys=keys, seconds=0.1,
        at=timezone.now() - timedelta(seconds=ago),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "is_spared"),
    [(Stage.SHADOW, False), (Stage.CANARY, True), (Stage.SERVICE, True), (Stage.RETIRED, True)],
)
def test_neighbour_that_answers_customers_is_not_left_behind(under_way, stage, is_spared):
    """What is sent for one service may stand in the queues of others as well."""
    stands("attic", stage)
    now = beating(seen=31, path="attic")

    said = "service of attic: 31 s behind its queue, limit 30 s" if is_spared else None
    assert reason(under_way, now) == said


@pytest.mark.parametrize(
    ("path", "stage", "spared"),
    [
        ("shelf", Stage.SERVICE, "service"),
        ("shelf", Stage.SHADOW, None),
        ("bin", Stage.CANARY, "service of bin"),
        ("bin", Stage.SHADOW, None),
    ],
)
def test_service_that_answers_customers_is_not_sent_much_ahead(under_way, path, stage, spared):
    """The lag would tell when the queue is long: what happens meanwhile waits behind all of it."""
    stands(path, stage)
    now = beating(seen=4, path=path)
    sent_keys(under_way, 900, ago=5)
    sent_keys(under_way, 500, ago=3)
    assert reason(under_way, now) is None

    sent_keys(under_way, 1, ago=2)

    said = spared and f"{spared}: 501 keys sent since the last beat it heard, limit 500"
    assert reason(under_way, now) == said


def test_newest_beat_may_have_been_seen_and_yet_much_be_sent_since(under_way):
    stands("shelf", Stage.SERVICE)
    now = beating(seen=2)
    Heartbeat.objects.update(seen_version=7)
    sent_keys(under_way, 90, ago=1)
    assert reason(under_way, now) is None

    backfill.turn("shelf", {"ahead": "89"}, WHO)
    under_way.refresh_from_db()
    assert reason(under_way, now) == "service: 90 keys sent since the last beat it heard, limit 89"


@pytest.mark.parametrize("beat", [{"seen": None}, {"seen": 600, "looked": 31}], ids=str)
def test_neighbour_that_nobody_listens_to_is_not_waited_for(under_way, beat):
    stands("attic", Stage.SERVICE)
    sent_keys(under_way, 9_000, ago=1)
    now = beating(path="attic", **beat)

    assert reason(under_way, now) is None


def counted(series, name, count=1, *, ago, path="shelf"):
    minute = (timezone.now() - ago).replace(second=0, microsecond=0)
    Tally.objects.create(path=path, epoch=1, minute=minute, series=series, name=name, count=count)


JUST_NOW, LONG_AGO = timedelta(0), timedelta(minutes=4)


@pytest.mark.parametrize(
    ("seen", "is_throttled"),
    [
        ([("some", JUST_NOW)], True),
        ([("some", JUST_NOW), ("none", JUST_NOW)], True),
        ([("some", timedelta(minutes=1)), ("none", JUST_NOW)], False),
        ([("some", LONG_AGO)], False),
        ([("none", JUST_NOW)], False),
    ],
)
def test_dead_letters(under_way, seen, is_throttled):
    for name, ago in seen:
        counted("dead-letters", name, ago=ago)

    said = "service: its queue has dead letters, limit none" if is_throttled else None
    assert reason(under_way) == said


@pytest.fixture
def slow_monolith():
    counted("latency-monolith", str(bucket_of(100)), 1_000, ago=timedelta(days=1))
    counted("latency-monolith", str(bucket_of(150)), 100, ago=JUST_NOW)


def test_monolith_that_is_slower_than_usual(under_way, slow_monolith):
    said = str(reason(under_way))
    assert said.startswith("monolith: p95 is ")
    assert said.endswith(", limit 1.2 times")

    backfill.turn("shelf", {"slower": "2"}, WHO)
    under_way.refresh_from_db()
    assert reason(under_way) is None


def test_slow_read_that_is_read_more_often_than_usual_is_no_slow_monolith(under_way):
    """The search has always taken longer; today everybody searches."""
    for path, milliseconds, of_the_week, of_now in (
        ("orders", 20, 19_000, 60),
        ("search", 90, 600, 900),
    ):
        bucket = str(bucket_of(milliseconds))
        counted("latency-monolith", bucket, of_the_week, ago=timedelta(days=1), path=path)
        counted("latency-monolith", bucket, of_now, ago=JUST_NOW, path=path)

    assert reason(under_way) is None


@pytest.mark.parametrize(("reads", "is_slow"), [(60, True), (40, False)])
def test_one_read_that_is_slower_than_usual_is_enough(under_way, slow_monolith, reads, is_slow):
    Tally.objects.filter(minute__gte=timezone.now() - LONG_AGO).delete()
    counted("latency-monolith", str(bucket_of(20)), 9_000, ago=timedelta(days=1), path="orders")
    counted("latency-monolith", str(bucket_of(20)), 9_000, ago=JUST_NOW, path="orders")
    counted("latency-monolith", str(bucket_of(150)), reads, ago=JUST_NOW)

    assert (reason(under_way) is not None) is is_slow


def test_week_of_counts_is_added_up_every_ten_seconds_only(under_way, slow_monolith):
    throttling_, now = Throttling(), timezone.now()
    assert throttling_.find(under_way, at=now)
    Tally.objects.all().delete()

    assert throttling_.find(under_way, at=now + timedelta(seconds=9))
    assert throttling_.find(under_way, at=now + timedelta(seconds=10)) is None


@pytest.mark.parametrize(
    ("hours", "hour", "is_allowed"),
    [
        ("22-6", 23, True), ("22-6", 5, True), ("22-6", 6, False), ("22-6", 12, False),
        ("9-17", 9, True), ("9-17", 17, False), ("18-24", 23, True), ("18-24", 0, False),
    ],
)  # fmt: skip
def test_hours_of_business(under_way, hours, hour, is_allowed):
    backfill.turn("shelf", {"hours": hours}, WHO)
    under_way.refresh_from_db()
    local = datetime(2011, 8, 1, hour, 30, tzinfo=timezone.get_current_timezone())

    said = None if is_allowed else f"hours: it is {hour:02}:30, allowed {hours}"
    assert reason(under_way, local) == said


def test_pause(under_way):
    backfill.pause("shelf", WHO)
    under_way.refresh_from_db()

    assert reason(under_way) == "paused by dana"


def _fill_outbox(_flag):
    commit("product/1", 3)


def _lift_outbox(_flag):
    OutboxMessage.objects.update(published_at=NOON)


def _raise_flag(flag):
    flag.touch()


def _lift_flag(flag):
    flag.unlink()


def _pause(_flag):
    backfill.pause("shelf", WHO)


def _resume(_flag):
    backfill.resume("shelf", WHO)


@pytest.mark.parametrize(
    ("begin", "end", "said", "state"),
    [
        (_fill_outbox, _lift_outbox, "outbox: 3 events pending, limit 2", State.THROTTLED),
        (_raise_flag, _lift_flag, "flag file throttle names all", State.THROTTLED),
        (_pause, _resume, "paused by dana", State.PAUSED),
    ],
)
def test_backfill_waits_says_why_and_goes_on(under_way, flag, begin, end, said, state):
    begin(flag)
    seen: list[str] = []

    def look(_keys, note):
        if note and not seen:
            under_way.refresh_from_db()
            now = under_way.active_at or later()
            seen.extend(
                [note, under_way.throttled_by, backfill.progress_of(under_way, at=now).state]
            )
            end(flag)

    done = backfill.run("shelf", report=look)

    assert seen == [said, said, state]
    assert (done.keys_done, done.throttled_by) == (1, "")
    assert done.finished_at is not None
