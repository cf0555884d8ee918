from __future__ import annotations

import random
import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, transaction
from django.test import RequestFactory

from monolith.outbox import recording
from monolith.strangler import registry, routing, shadowing
from monolith.strangler.counting import tallies
from monolith.strangler.deciding import decision
from monolith.strangler.deciding.cohort import bucket_of
from monolith.strangler.deciding.decision import Check, Source, Verdict
from monolith.strangler.registry import PathNotDeclared
from monolith.strangler.routing import AnswerUnavailable, asking
from monolith.strangler.routing.request_reads import RequestReads, noting_reads
from monolith.strangler.state import controls
from monolith.strangler.state.controls import ControlCache
from tests.factories import NOON
from tests.monolith.outbox.events import sold_out
from tests.monolith.strangler.library import Shelf, ShelfQuery

BUDGET_SECONDS = 1.0
# Far more than a busy machine adds; a budget that began anew with every byte would never end.
AT_MOST_TIMES = 10
STREAM = "customer/7"


def ask():
    return routing.answer("shelf", ShelfQuery(7))


def ask_for(version, path):
    with registry.standing_in(replace(path, least_version=lambda _query: version)):
        return ask()


def told(answered):
    return (answered.source, answered.reason)


def shelf(as_of):
    return {"as_of": as_of, "books": ["Emma"]}


def record_once():
    with transaction.atomic():
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
    return recording.current_version(STREAM)


def test_monolith_answers_at_stage_monolith_without_any_database_query(standing, library, service):
    standing("monolith")

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


def test_monoliths_own_error_is_the_callers(standing, library):
    standing("monolith")

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


def test_kill_file_is_in_force_for_the_next_read_and_not_for_the_one_after_it_is_gone(
    at_service, settings, tmp_path
):
    settings.STRANGLER_KILL_FILE = tmp_path / "kill"
    before = told(ask())
    (tmp_path / "kill").write_text("")
    killed = told(ask())
    (tmp_path / "kill").unlink()

    assert (before, killed, told(ask())) == (
        (Source.SERVICE, "stage"),
        (Source.MONOLITH, "kill-switch"),
        (Source.SERVICE, "stage"),
    )


def test_unknown_stage_means_monolith(at_service, monkeypatch):
    def fail():
        raise OperationalError("down")

    monkeypatch.setattr(controls, "cache", ControlCache(fail))

    assert told(ask()) == (Source.MONOLITH, "stage-unknown")


def test_path_without_address_means_monolith(at_service, settings):
    settings.STRANGLER_SERVICE_URLS = {}

    assert told(ask()) == (Source.MONOLITH, "no-address")


@pytest.mark.django_db
def test_open_transaction_means_monolith_and_is_not_disturbed(at_service, monkeypatch):
    def look():
        pytest.fail("looked for stages inside the caller's transaction")

    monkeypatch.setattr(controls, "cache", ControlCache(look))

    assert told(ask()) == (Source.MONOLITH, "open-transaction")
    assert at_service.asked == []


def test_answer_that_is_too_old_is_read_once_more(at_service, library):
    at_service.respond = at_service.in_turn(
        at_service.answer_json(shelf(as_of=4)), at_service.answer_json(shelf(as_of=5))
    )

    answered = ask_for(5, library.path())

    assert told(answered) == (Source.SERVICE, "second-read")
    assert answered.as_of == 5


def test_answer_that_stays_too_old_is_left_to_the_monolith(at_service, library):
    at_service.respond = at_service.answer_json(shelf(as_of=4))

    assert told(ask_for(5, library.path())) == (Source.MONOLITH, "read-your-writes")
    assert len(at_service.asked) == 2


def test_second_read_is_not_tried_without_time_for_it(at_service, library, monkeypatch, settings):
    too_long = settings.STRANGLER_TIMEOUT_SECONDS + 1
    monkeypatch.setattr(decision, "WORTH_A_SECOND_READ_SECONDS", too_long)
    at_service.respond = at_service.answer_json(shelf(as_of=4))

    assert told(ask_for(5, library.path())) == (Source.MONOLITH, "read-your-writes")
    assert len(at_service.asked) == 1


@pytest.mark.parametrize("whose", ["a session that wrote", "another device", "staff"])
@pytest.mark.django_db(transaction=True)
def test_whatever_was_written_to_the_stream_is_shown_to_whoever_reads_it(
    at_service_for_real, whose, counted
):
    at_service_for_real.respond = at_service_for_real.answer_json(shelf(as_of=record_once()))
    record_once()

    assert told(ask()) == (Source.MONOLITH, "read-your-writes")
    assert counted("ryw") == {"fell-back": 1}


@pytest.mark.django_db(transaction=True)
def test_service_that_caught_up_answers(at_service_for_real, counted):
    at_service_for_real.respond = at_service_for_real.answer_json(shelf(as_of=record_once()))

    assert told(ask()) == (Source.SERVICE, "stage")
    assert counted("ryw") == {"reached": 1}


def test_of_many_streams_nobody_is_promised_what_they_wrote(at_service, library, counted):
    of_many = replace(library.path(), stream_of=lambda _query: None)
    at_service.respond = at_service.answer_json(shelf(as_of=1))

    with registry.standing_in(of_many):
        answered = ask()
    at_least_two = ask_for(2, of_many)

    assert (told(answered), answered.as_of) == ((Source.SERVICE, "stage"), 1)
    assert told(at_least_two) == (Source.MONOLITH, "read-your-writes")
    assert counted("ryw") == {"reached": 1, "fell-back": 1}


def test_token_that_cannot_be_read_leaves_the_answer_to_the_monolith(at_service, monkeypatch):
    def fail(_stream):
        raise OperationalError("down")

    monkeypatch.setattr(recording, "current_version", fail)

    assert told(ask()) == (Source.MONOLITH, "fallback:error")


def test_judgement_gone_wrong_is_counted_as_a_violation(at_service, monkeypatch, counted):
    monkeypatch.setattr(asking, "judge", lambda **_facts: Verdict.SHOW)
    monkeypatch.setattr(recording, "current_version", lambda _stream: 4)

    ask()

    assert counted("ryw") == {"violated": 1}
    assert tallies.urgent.is_set()


@pytest.fixture
def somebody_elses(at_service, monkeypatch):
    """The service answers for shelf 7 what belongs to shelf 8."""
    path = replace(registry.get_path("shelf"), subjects_in=lambda _shelf: ["8"])
    monkeypatch.setitem(registry._declared, "shelf", path)
    return at_service


def _alarming():
    return [seen.watch for seen in tallies._now.observations if seen.is_bad]


def test_what_belongs_to_somebody_else_is_shown_to_nobody(somebody_elses, library):
    answered = ask()

    assert told(answered) == (Source.MONOLITH, "fallback:leak")
    assert answered.value == library.shelves[7][0]
    assert "leak" in _alarming()
    assert tallies.urgent.is_set()


@pytest.mark.parametrize("rung", ["service-alone", "retired"])
def test_what_belongs_to_somebody_else_is_not_even_shown_for_want_of_an_answer(
    somebody_elses, standing, rung
):
    standing(rung)

    with pytest.raises(AnswerUnavailable, match="leak"):
        ask()

    assert "leak" in _alarming()


def test_share_of_customers_is_answered_by_the_service(library, at_service, standing):
    standing("canary-50")
    for number in range(200):
        library.put(number, ["Emma"], as_of=0)
    inside = [number for number in range(200) if bucket_of("library", str(number)) < 5_000]

    served = [
        number
        for number in range(200)
        if routing.answer("shelf", ShelfQuery(number)).source is Source.SERVICE
    ]

    assert served == inside


def test_staff_are_not_in_the_canary(at_service, standing):
    standing("canary-50", exceptions={})
    request = RequestFactory().get("/")
    request.user = User(is_staff=True)

    with noting_reads(RequestReads(request)):
        answered = ask()

    assert told(answered) == (Source.MONOLITH, "staff")


def test_staff_are_in_the_canary_of_what_is_for_them(at_service, standing, declare_again):
    standing("canary-50", exceptions={("library", "7"): True})
    declare_again(for_staff=True)
    request = RequestFactory().get("/")
    request.user = User(is_staff=True)

    with noting_reads(RequestReads(request)):
        answered = ask()

    assert told(answered) == (Source.SERVICE, "put-in")


def test_read_that_people_wait_for_has_a_budget_of_its_own(at_service, settings, declare_again):
    settings.STRANGLER_TIMEOUT_SECONDS = BUDGET_SECONDS
    declare_again(timeout_seconds=60)
    answer = at_service.respond
    at_service.respond = at_service.after(2 * BUDGET_SECONDS, answer)

    assert told(ask()) == (Source.SERVICE, "stage")


@pytest.fixture
def declare_again(monkeypatch):
    def declare(**changes):
        path = replace(registry.get_path("shelf"), **changes)
        monkeypatch.setitem(registry._declared, "shelf", path)

    return declare


def test_customer_put_into_the_canary_is_served_whatever_their_lot(at_service, standing):
    standing("canary-1", exceptions={("library", "7"): True})

    assert told(ask()) == (Source.SERVICE, "put-in")


def test_breaker_spares_a_service_that_keeps_failing(at_service, counted):
    at_service.respond = at_service.answer_json({}, 500)

    reasons = [ask().reason for _ in range(7)]

    assert reasons == ["fallback:status-500"] * 5 + ["breaker-open"] * 2
    assert len(at_service.asked) == 5
    assert counted("breaker") == {"opened": 1}


def test_service_that_hears_nothing_is_not_asked(at_service, standing):
    standing("service", silent=frozenset({"shelf"}))

    assert told(ask()) == (Source.MONOLITH, "breaker-open")


def test_without_a_fallback_the_monolith_is_not_asked(at_service, standing, library, counted):
    standing("service-alone")
    at_service.respond = at_service.answer_json({}, 500)

    with pytest.raises(AnswerUnavailable, match="status-500"):
        ask()

    assert library.asked == []
    assert counted("unanswered") == {"fallback:status-500": 1}
    assert counted("old-path") == {}


@pytest.mark.parametrize("rung", ["service-alone", "retired"])
def test_alone_a_service_is_read_until_it_has_what_was_written(at_service, library, standing, rung):
    standing(rung)
    at_service.respond = at_service.in_turn(
        *[at_service.answer_json(shelf(as_of=4))] * 3, at_service.answer_json(shelf(as_of=5))
    )

    assert told(ask_for(5, library.path())) == (Source.SERVICE, "second-read")


def test_path_whose_old_code_is_gone_is_answered_by_the_service(at_service, monkeypatch):
    path = replace(registry.get_path("shelf"), monolith_answer=None)
    monkeypatch.setitem(registry._declared, "shelf", path)

    assert told(ask()) == (Source.SERVICE, "retired")


def test_old_path_is_counted_whenever_a_customers_read_runs_it(at_service, standing, counted):
    ask()
    standing("shadow-100")
    ask()

    assert counted("old-path") == {"called": 1}


@pytest.mark.parametrize(
    ("rung", "check"), [("shadow-100", Check.SHADOW), ("canary-50", Check.VERIFY)]
)
def test_answer_is_offered_for_comparison_when_the_response_is_made(
    at_service, standing, monkeypatch, rung, check
):
    offered: list[Any] = []
    monkeypatch.setattr(shadowing, "offer", offered.append)
    monkeypatch.setattr(random, "randrange", lambda _whole: 0)
    standing(rung, exceptions={("library", "7"): True})
    reads = RequestReads(RequestFactory().get("/"))

    with noting_reads(reads):
        answered = ask()

    assert offered == []
    for compare in reads.afterwards:
        compare()
    assert [(dark.check, dark.value) for dark in offered] == [(check, answered.value)]


def test_read_that_fell_back_is_not_compared(at_service, monkeypatch):
    offered: list[Any] = []
    monkeypatch.setattr(shadowing, "offer", offered.append)
    monkeypatch.setattr(random, "randrange", lambda _whole: 0)
    at_service.respond = at_service.answer_json({}, 500)

    ask()

    assert offered == []


def test_every_answer_is_counted_and_recorded_with_its_reason(at_service, counted):
    ask()

    record = tallies.take().records[0]
    assert (record.path, record.subject, record.source) == ("shelf", "7", "service")
    assert record.facts.held == controls.held(controls.cache.current(), "shelf")


def test_lengths_of_time_are_counted_by_who_took_them(at_service, standing, counted):
    ask()
    standing("monolith")
    ask()

    for series in ("latency-service", "latency-monolith"):
        assert sum(counted(series).values()) == 1
    assert sum(counted("latency-request-plain").values()) == 2


def test_stranger_keeps_their_lot_by_a_signed_cookie(at_service, monkeypatch):
    nameless = replace(registry.get_path("shelf"), subject_of=lambda _query: None)
    monkeypatch.setitem(registry._declared, "shelf", nameless)
    first = RequestReads(RequestFactory().get("/"))

    names = {first.visitor, first.visitor}

    assert names == {f"visitor-{first.new_visitor}"}
