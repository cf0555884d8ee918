from __future__ import annotations

import socket
import time
from dataclasses import replace

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import OperationalError, transaction

from monolith.outbox import recording
from monolith.strangler import decision, queries, registry, routing
from monolith.strangler.decision import Source
from monolith.strangler.queries import StageCache
from monolith.strangler.registry import PathNotDeclared
from monolith.strangler.routing import HELD_SECONDS, RequestReads
from monolith.strangler.stages import Stage
from tests.factories import NOON
from tests.monolith.outbox.events import sold_out
from tests.monolith.strangler.library import Shelf, ShelfQuery

BUDGET_SECONDS = 1.0
# Far more than a busy machine adds; a budget that began anew with every byte would never end.
AT_MOST_TIMES = 10
STREAM = "customer/7"


def ask(**options):
    return routing.answer("shelf", ShelfQuery(7), **options)


def told(answered):
    return (answered.source, answered.reason)


def shelf(as_of):
    return {"as_of": as_of, "books": ["Emma"]}


def record_once():
    with transaction.atomic():
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
    return recording.current_version(STREAM)


def test_monolith_answers_at_stage_monolith_without_any_database_query(
    monkeypatch, library, service
):
    monkeypatch.setattr(queries, "stages", StageCache(lambda: {"shelf": Stage.MONOLITH}))

    answered = ask()

    assert told(answered) == (Source.MONOLITH, "stage")
    assert answered.value == library.shelves[7][0]
    assert service.asked == []


def test_service_answers_at_stage_service(at_service, library):
    answered = ask()

    assert told(answered) == (Source.SERVICE, "stage")
    assert answered.value == Shelf(as_of=3, books=("Emma", "Persuasion"))
    assert answered.as_of == 3
    assert at_service.asked == [("/prod/shelves/7", {"page": "0"})]
    assert library.asked == []


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("answer_500", "fallback:status-500"),
        ("answer_404", "fallback:history-not-complete"),
        ("wrong_shape", "fallback:malformed"),
        ("hang_up", "fallback:unavailable"),
        ("silence", "fallback:timeout"),
        ("dribble_body", "fallback:timeout"),
        ("dribble_headers", "fallback:timeout"),
    ],
)
def test_failing_service_costs_its_budget_at_most_and_the_monolith_answers(
    at_service, library, settings, how, reason
):
    if reason == "fallback:timeout":
        settings.STRANGLER_TIMEOUT_SECONDS = BUDGET_SECONDS
    failures = {
        "answer_500": at_service.answer_json({"message": "Internal Server Error"}, 500),
        "answer_404": at_service.problem(404, "history-not-complete"),
        "wrong_shape": at_service.answer_json({"as_of": "three"}),
        "silence": at_service.after(600, at_service.answer_json({})),
    }
    at_service.respond = failures.get(how) or getattr(at_service, how)
    began = time.monotonic()

    answered = ask()

    assert (time.monotonic() - began) / BUDGET_SECONDS <= AT_MOST_TIMES
    assert told(answered) == (Source.MONOLITH, reason)
    assert answered.value == library.shelves[7][0]
    assert len(at_service.asked) == 1


def test_stopped_service_costs_nothing_but_a_refused_connection(at_service, settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.STRANGLER_SERVICE_URLS = {"shelf": f"http://127.0.0.1:{unused.getsockname()[1]}"}

        answered = ask()

    assert told(answered) == (Source.MONOLITH, "fallback:unavailable")


def test_bug_on_the_way_to_the_service_does_not_reach_the_customer(at_service, monkeypatch):
    def explode(_query):
        raise ZeroDivisionError

    path = registry.get_path("shelf")
    broken = replace(path, service_request=explode)
    monkeypatch.setitem(registry._declared, "shelf", broken)

    assert told(ask()) == (Source.MONOLITH, "fallback:error")


def test_monoliths_own_error_is_the_callers(monkeypatch, library):
    monkeypatch.setattr(queries, "stages", StageCache(lambda: {"shelf": Stage.MONOLITH}))

    with pytest.raises(KeyError):
        routing.answer("shelf", ShelfQuery(404))


def test_unknown_path_is_the_callers_mistake():
    with pytest.raises(PathNotDeclared):
        routing.answer("attic", ShelfQuery(7))


def test_kill_switch_needs_no_database_and_no_service(at_service, settings, tmp_path):
    settings.STRANGLER_KILL_FILE = tmp_path / "kill"
    (tmp_path / "kill").write_text("shelf")

    assert told(ask()) == (Source.MONOLITH, "kill-switch")
    assert at_service.asked == []


def test_unknown_stage_means_monolith(at_service, monkeypatch):
    def fail():
        raise OperationalError("down")

    monkeypatch.setattr(queries, "stages", StageCache(fail))

    assert told(ask()) == (Source.MONOLITH, "stage-unknown")


def test_path_without_address_means_monolith(at_service, settings):
    settings.STRANGLER_SERVICE_URLS = {}

    assert told(ask()) == (Source.MONOLITH, "no-address")


@pytest.mark.django_db
def test_open_transaction_means_monolith_and_is_not_disturbed(at_service, monkeypatch):
    def look():
        pytest.fail("looked for stages inside the caller's transaction")

    monkeypatch.setattr(queries, "stages", StageCache(look))

    assert told(ask()) == (Source.MONOLITH, "open-transaction")
    assert at_service.asked == []


def test_answer_that_is_too_old_is_read_once_more(at_service):
    at_service.respond = at_service.in_turn(
        at_service.answer_json(shelf(as_of=4)), at_service.answer_json(shelf(as_of=5))
    )

    answered = ask(minimum_version=5)

    assert told(answered) == (Source.SERVICE, "second-read")
    assert answered.as_of == 5


def test_answer_that_stays_too_old_is_left_to_the_monolith(at_service):
    at_service.respond = at_service.answer_json(shelf(as_of=4))

    assert told(ask(minimum_version=5)) == (Source.MONOLITH, "read-your-writes")
    assert len(at_service.asked) == 2


def test_second_read_is_not_tried_without_time_for_it(at_service, monkeypatch, settings):
    too_long = settings.STRANGLER_TIMEOUT_SECONDS + 1
    monkeypatch.setattr(decision, "WORTH_A_SECOND_READ_SECONDS", too_long)
    at_service.respond = at_service.answer_json(shelf(as_of=4))

    assert told(ask(minimum_version=5)) == (Source.MONOLITH, "read-your-writes")
    assert len(at_service.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_session_that_wrote_is_shown_what_it_wrote(at_service):
    reads = RequestReads(SessionStore())
    reads.session["somebody"] = 1
    at_service.respond = at_service.answer_json(shelf(as_of=record_once()))
    record_once()

    reads.note_write()
    with routing.noting_reads(reads):
        answered = ask()

    assert told(answered) == (Source.MONOLITH, "read-your-writes")
    assert reads.answered == [answered]


@pytest.mark.django_db(transaction=True)
def test_session_that_wrote_is_answered_by_a_service_that_caught_up(at_service):
    reads = RequestReads(SessionStore())
    reads.session["somebody"] = 1
    at_service.respond = at_service.answer_json(shelf(as_of=record_once()))

    reads.note_write()
    with routing.noting_reads(reads):
        answered = ask()

    assert told(answered) == (Source.SERVICE, "stage")


@pytest.mark.django_db(transaction=True)
def test_request_without_memory_is_always_shown_the_latest(at_service):
    record_once()
    at_service.respond = at_service.answer_json(shelf(as_of=0))

    with routing.noting_reads(RequestReads(SessionStore(), has_no_memory=True)):
        answered = ask()

    assert told(answered) == (Source.MONOLITH, "read-your-writes")


def test_session_that_never_wrote_costs_no_database_query(at_service):
    with routing.noting_reads(RequestReads(SessionStore())):
        answered = ask()

    assert told(answered) == (Source.SERVICE, "stage")


def test_write_is_forgotten_after_an_hour():
    reads = RequestReads(SessionStore())
    reads.session[routing._WROTE_AT] = time.time() - HELD_SECONDS - 1

    assert not reads.must_show_latest()


def test_write_without_a_session_makes_no_session():
    reads = RequestReads(SessionStore())

    reads.note_write()

    assert reads.session.is_empty()
