"""Every reason to wait, in words; and a backfill that waits for each."""

from __future__ import annotations

import pytest
from django.db import connection

from monolith.outbox.models import HeldStream, OutboxMessage
from monolith.strangler import backfill
from monolith.strangler.backfill import State, throttling
from monolith.strangler.backfill.throttling import find_throttle
from monolith.strangler.models import BackfillRun
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


def reason(under_way):
    throttle = find_throttle(under_way)
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
