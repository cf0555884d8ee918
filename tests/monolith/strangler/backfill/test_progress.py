from __future__ import annotations

import pytest

from monolith.strangler import backfill, registry
from monolith.strangler.backfill import State
from monolith.strangler.models import BackfillChunk, BackfillRun
from tests.factories import NOON, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def under_way(library):
    """A hundred keys a second, for ten seconds."""
    under_way = BackfillRun.objects.create(
        path="shelf",
        started_at=NOON,
        keys_done=1_000,
        keys_expected=3_193,
        active_at=later(seconds=10),
    )
    for second in range(1, 11):
        BackfillChunk.objects.create(
            run=under_way,
            first_key="1",
            last_key="2",
            keys=100,
            seconds=0.42,
            at=later(seconds=second),
        )
    return under_way


def said(seconds=10.0):
    return str(backfill.get_progress("shelf", at=later(seconds=seconds)))


def change(under_way, **values):
    BackfillRun.objects.filter(pk=under_way.pk).update(**values)


def test_it_tells_how_far_and_how_long(under_way):
    assert said() == "Copy: 1000/3193 31.3%; chunk 100 keys/0.42 s; running; ETA 22s"


def test_it_tells_what_it_waits_for(under_way):
    change(under_way, throttled_by="outbox: 9 events pending, limit 2")

    assert "; throttled: outbox: 9 events pending, limit 2; ETA" in said()


def test_time_spent_waiting_is_in_the_estimate(under_way):
    change(under_way, active_at=later(seconds=100))

    assert said(seconds=100).endswith("ETA 4m")


def test_nothing_is_estimated_from_nothing(under_way):
    BackfillChunk.objects.all().delete()

    assert said() == "Copy: 1000/3193 31.3%; running; ETA measuring"


def test_without_a_count_there_is_no_share(under_way):
    change(under_way, keys_expected=None)

    assert said() == "Copy: 1000; chunk 100 keys/0.42 s; running; ETA measuring"


def test_backfill_that_nobody_moves_is_stuck(under_way):
    assert "; STUCK: no process has moved it for 2m; " in said(seconds=130)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, State.RUNNING),
        ({"throttled_by": "x"}, State.THROTTLED),
        ({"throttled_by": "paused by dana", "paused_by": "dana"}, State.PAUSED),
        ({"active_at": NOON}, State.STUCK),
        ({"active_at": NOON, "paused_by": "dana"}, State.PAUSED),
        ({"active_at": NOON, "finished_at": NOON}, State.FINISHED),
        ({"active_at": NOON, "abandoned_at": NOON}, State.ABORTED),
    ],
)
def test_state_follows_from_the_row(under_way, values, state):
    change(under_way, **values)

    progress = backfill.get_progress("shelf", at=later(seconds=40 if "active_at" in values else 10))

    assert progress is not None
    assert progress.state is state


def test_finished_backfill_has_nothing_to_come(under_way):
    change(under_way, finished_at=NOON, keys_done=3_200)

    assert said() == "Copy: 3200/3193 100.0%; chunk 100 keys/0.42 s; finished"


def test_path_without_a_backfill_has_no_progress(library):
    assert backfill.get_progress("shelf", at=NOON) is None


def test_what_is_to_be_done_is_counted_at_the_beginning(library, monkeypatch):
    monkeypatch.setitem(registry._declared, "shelf", library.summed_path())

    assert backfill.run("shelf").keys_expected == 1
