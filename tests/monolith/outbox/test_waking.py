from __future__ import annotations

from time import monotonic

import pytest

from monolith.outbox import tasks, waking
from monolith.outbox.connecting import connect
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener():
    with connect("listener") as connection:
        connection.execute(f"listen {waking.CHANNEL}")
        yield connection


def _heard(listener, seconds: float) -> int:
    return len(list(listener.notifies(timeout=seconds)))


def test_commit_wakes_the_relays(listener):
    commit("product/1")

    assert list(listener.notifies(timeout=30, stop_after=1))


def test_many_commits_are_few_wake_ups(listener):
    started = monotonic()
    commit("product/1", 50)
    elapsed = monotonic() - started

    heard = len(list(listener.notifies(timeout=30, stop_after=1))) + _heard(listener, 0.5)

    assert 1 <= heard <= 2 + elapsed / 0.02


def test_task_wakes_the_relays(listener):
    tasks.wake_relays()

    assert list(listener.notifies(timeout=30, stop_after=1))


def test_waker_comes_back_after_its_connection_was_cut(listener):
    waking.nudge()
    assert list(listener.notifies(timeout=30, stop_after=1))
    listener.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'banyan outbox waker'"
    )

    waking.nudge()
    eventually(lambda: _heard(listener, 0.1) or waking.nudge())


def test_waker_gives_its_connection_back_when_nothing_happens(listener, settings):
    settings.OUTBOX_WAKER_IDLE_SECONDS = 0.1
    waking.nudge()
    assert list(listener.notifies(timeout=30, stop_after=1))

    eventually(lambda: not _wakers(listener))


def _wakers(listener) -> int:
    (count,) = listener.execute(
        "select count(*) from pg_stat_activity where application_name = 'banyan outbox waker'"
    ).fetchone()
    return int(count)
