"""A consumer with side effects handles an event once, whatever the queue does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from monolith.outbox import inbox
from monolith.outbox.models import HandledEvent
from tests.monolith.outbox.running import eventually

EVENT = uuid4()


class LetterNotSent(Exception):
    """The handler fails."""


def _write_letter() -> None:
    get_user_model().objects.create(username=uuid4().hex)


def _letters() -> int:
    return get_user_model().objects.count()


def _deliver(handle=_write_letter, *, consumer="letters", event_id=EVENT) -> bool:
    return inbox.handle_once(consumer=consumer, event_id=event_id, handle=handle)


@pytest.mark.django_db
def test_event_that_is_delivered_twice_is_handled_once():
    assert _deliver() is True
    assert _deliver() is False

    assert _letters() == 1


@pytest.mark.django_db
def test_consumers_do_not_know_of_each_other():
    assert _deliver(consumer="letters")
    assert _deliver(consumer="parcels")


@pytest.mark.django_db
def test_handler_that_fails_leaves_nothing_and_is_run_again():
    def fail() -> None:
        _write_letter()
        raise LetterNotSent

    with pytest.raises(LetterNotSent):
        _deliver(fail)

    assert _letters() == 0
    assert _deliver()
    assert _letters() == 1


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_the_same_moment_handle_the_event_once():
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        go_on.wait(30)
        _write_letter()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(_in_thread, slow)
        started.wait(30)
        second = pool.submit(_in_thread, _write_letter)
        _wait_until_somebody_waits_for_a_lock()
        go_on.set()

        assert (first.result(), second.result()) == (True, False)

    assert _letters() == 1


def _in_thread(handle) -> bool:
    try:
        return _deliver(handle)
    finally:
        connection.close()


def _wait_until_somebody_waits_for_a_lock() -> None:
    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            return bool(cursor.fetchone()[0])

    eventually(somebody_waits)


@pytest.mark.django_db
def test_what_was_handled_long_ago_is_forgotten_in_chunks(monkeypatch):
    monkeypatch.setattr(inbox, "_CHUNK", 2)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    HandledEvent.objects.bulk_create(
        HandledEvent(consumer="letters", event_id=uuid4(), handled_at=long_ago) for _ in range(5)
    )
    _deliver()

    assert inbox.forget_handled(before=long_ago + timedelta(days=1)) == 5

    assert HandledEvent.objects.get().event_id == EVENT
