from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection

from infra.local.waiting import wait_until
from monolith.strangler import shadowing
from monolith.strangler.counting import tallies
from monolith.strangler.deciding.decision import Check
from monolith.strangler.shadowing import Dark
from monolith.strangler.shadowing.courtesy import Courtesy, courtesy
from monolith.strangler.shadowing.threads import THREADS
from tests.monolith.strangler.comparing import Counts, shelf_path
from tests.monolith.strangler.library import Shelf, ShelfQuery

# Far more than a busy machine needs; nothing waits so long unless something is broken.
SECONDS = 60


@pytest.fixture
def counts(monkeypatch):
    counts, lock = Counts(), threading.Lock()

    def add(path, series, name, count=1):
        with lock:
            counts.add(path, series, name, count)

    monkeypatch.setattr(tallies, "add", add)
    return counts


@pytest.fixture
def shadow(monkeypatch):
    """The process's own shadowing, begun anew, whose threads have ended after the test."""
    monkeypatch.setattr(shadowing, "_shadow", shadowing._Shadow())
    monkeypatch.setattr(shadowing, "PATIENCE_SECONDS", 0)
    yield shadowing
    assert shadowing.stop()


def a_dark(**fields):
    shown = Shelf(as_of=3, books=("Emma", "Persuasion"))
    return Dark.of(shelf_path(**fields), ShelfQuery(7), shown, Check.SHADOW)


def offer_from_many_threads(dark, *, times):
    def offer():
        for _ in range(times):
            shadowing.offer(dark)

    offering = [threading.Thread(target=offer) for _ in range(8)]
    for thread in offering:
        thread.start()
    for thread in offering:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_offered_reads_are_compared_in_threads_that_give_their_connections_back(
    library, service, shadow, counts
):
    service.respond = service.answer_json({"as_of": 3, "books": ["Emma", "Persuasion"]})

    offer_from_many_threads(a_dark(), times=10)

    assert shadow.drain(SECONDS)
    assert counts.of("compare") == {"match": 80}
    assert shadow.status().compared == 80
    assert shadow.stop()
    # The server's side of a closed connection ends in its own time.
    wait_until(lambda: connections_of_others() == 0, "connections given back", seconds=SECONDS)


def connections_of_others():
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_more_than_the_queue_holds_is_dropped_and_everything_is_accounted_for(
    library, service, shadow, counts
):
    hold = threading.Event()
    asked = service.answer_json({"as_of": 3, "books": ["Emma", "Persuasion"]})

    def respond(handler):
        hold.wait(SECONDS)
        asked(handler)

    service.respond = respond

    offer_from_many_threads(a_dark(service_request=held(hold)), times=50)
    hold.set()

    assert shadow.drain(SECONDS)
    status = shadow.status()
    assert (status.offered, status.waiting, status.running) == (400, 0, 0)
    assert status.compared + status.dropped == 400
    assert counts.of("dropped") == {"queue-full": status.dropped}
    assert 400 - 200 - THREADS <= status.dropped <= 400 - 200


def held(event):
    """Keep the working threads, without spending their budget for the service."""

    def request(query):
        event.wait(SECONDS)
        return REQUEST(query)

    return request


def REQUEST(query):  # noqa: N802 - resolved late: the path is declared by a fixture
    from tests.monolith.strangler.library import _request

    return _request(query)


@pytest.mark.django_db(transaction=True)
def test_stopping_drops_what_waits_and_later_offers_start_anew(library, service, shadow, counts):
    service.respond = service.answer_json({"as_of": 2, "books": []})
    shadow.offer(a_dark())
    assert shadow.drain(SECONDS)
    assert shadow.status().open == 1

    assert shadow.stop()
    assert counts.of("dropped") == {"stopping": 1}

    shadow.offer(a_dark())
    assert shadow.drain(SECONDS)
    assert shadow.status().compared == 2


def test_offer_that_breaks_reaches_nobody(library, shadow, counts, monkeypatch):
    monkeypatch.setattr(shadow._shadow.threads, "wake", explode)

    shadow.offer(a_dark())

    assert counts.of("harness") == {"offer": 1}


def test_offer_survives_even_counts_that_break(library, shadow, monkeypatch):
    monkeypatch.setattr(shadow._shadow.backlog, "offer", explode)
    monkeypatch.setattr(tallies, "add", explode)

    shadow.offer(a_dark())


def explode(*_anything, **_more):
    raise RuntimeError("can't start new thread")


def test_thread_that_cannot_start_is_not_counted_among_those_at_work(
    library, shadow, counts, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", explode)
        shadow.offer(a_dark())

    assert shadow._shadow.threads._threads == set()


FORKING = """
import os, sys
import django
django.setup()
from monolith.strangler import shadowing
from monolith.strangler.deciding.decision import Check
from monolith.strangler.shadowing import Dark

class Path:
    name = "shelf"

def offer_one():
    shadowing.offer(Dark.of(Path(), None, None, Check.SHADOW))
    return shadowing.drain(30)

shadowing._shadow.backlog.changed.acquire()  # held for ever, as far as the child can tell
if (child := os.fork()) == 0:
    drained = offer_one()
    os._exit(0 if drained and shadowing.status().offered == 1 else 1)
shadowing._shadow.backlog.changed.release()
assert offer_one()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_forked_child_begins_anew():
    ended = subprocess.run(
        [sys.executable, "-c", FORKING],
        env=None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr


def test_process_is_quiet_when_nobody_is_answered():
    quiet = Courtesy()
    assert quiet.wait(0)

    quiet.began()
    assert not quiet.wait(0)

    quiet.ended()
    assert quiet.wait(0)


def test_process_is_quiet_only_when_the_last_request_has_ended():
    quiet = Courtesy()
    other = threading.Thread(target=quiet.began)
    other.start()
    other.join()
    quiet.began()

    quiet.ended()

    assert not quiet.wait(0)


def test_request_that_never_told_its_end_counts_once():
    quiet = Courtesy()
    quiet.began()
    quiet.began()

    quiet.ended()

    assert quiet.wait(0)


def test_django_tells_about_requests(monkeypatch):
    courtesy.forget()

    request_started.send(sender=None, environ={})
    is_quiet_during = courtesy.wait(0)
    request_finished.send(sender=None)

    assert (is_quiet_during, courtesy.wait(0)) == (False, True)


@pytest.mark.django_db
def test_work_waits_for_the_process_to_be_quiet(library, shadow, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(courtesy, "wait", waited.append)
    monkeypatch.setattr("monolith.strangler.shadowing.looking.ask_service", explode)

    shadow._shadow.backlog.offer(a_dark())
    shadow._shadow.work.do_one()

    assert waited == [0]
