"""Several questions of one read in one request, each judged as if it had been asked alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monolith.outbox import recording
from monolith.strangler import registry, routing
from monolith.strangler.deciding.decision import Source
from monolith.strangler.registry import ServiceRequest, Together
from tests.monolith.strangler.library import Shelf, ShelfQuery

NUMBERS = (7, 8, 9)
TOGETHER: tuple[str, dict[str, str]] = ("/prod/shelves/7,8,9", {})


def request_for(queries):
    return ServiceRequest(path=f"/shelves/{','.join(str(query.number) for query in queries)}")


def parts_of(shelf):
    """Read `3:Emma` as a shelf of version 3 with one book."""
    told = [book.split(":") for book in shelf.books]
    return [Shelf(as_of=int(as_of), books=(book,)) for as_of, book in told]


@pytest.fixture
def together(at_service, library, monkeypatch):
    """The service holds a book on each of three shelves, and tells them at once, too."""
    for number in NUMBERS:
        library.put(number, ["Sanditon"], as_of=3)
    declared = registry.get_path("shelf")
    path = replace(declared, together=Together(request=request_for, parts=parts_of))
    monkeypatch.setitem(registry._declared, "shelf", path)
    say(at_service, "3:Emma", "3:Persuasion", "3:Mansfield Park")
    return at_service


def say(service, *books):
    """Answer the shared request with these books, and any other with `Alone`."""
    service.respond = service.answer_json(
        lambda handler: {"as_of": 3, "books": [*books] if "," in handler.path else ["Alone"]}
    )


def ask(*numbers):
    return routing.answer_together("shelf", [ShelfQuery(number) for number in numbers])


def books(answered):
    return [each.value.books for each in answered]


def test_questions_that_are_asked_together_go_in_one_request(together, counted):
    answered = ask(*NUMBERS)

    assert books(answered) == [("Emma",), ("Persuasion",), ("Mansfield Park",)]
    assert {each.source for each in answered} == {Source.SERVICE}
    assert together.asked == [TOGETHER]
    assert counted("answer") == {"service:stage": 3}
    assert sum(counted("latency-service").values()) == 3


def test_path_that_does_not_say_how_is_asked_one_by_one(at_service):
    say(at_service)

    assert books(ask(7, 8)) == [("Alone",), ("Alone",)]
    assert len(at_service.asked) == 2


def test_one_question_is_asked_as_ever(together):
    assert books(ask(7)) == [("Alone",)]


def test_question_that_is_asked_later_shares_nothing_any_more(together):
    ask(*NUMBERS)

    assert routing.answer("shelf", ShelfQuery(7)).value.books == ("Alone",)


def test_request_that_fails_fails_for_each_and_is_one_failure(together, counted, library):
    together.respond = together.answer_json({}, 500)

    answered = ask(*NUMBERS, *NUMBERS)

    assert {(each.source, each.reason) for each in answered} == {
        (Source.MONOLITH, "fallback:status-500")
    }
    assert books(answered) == [("Sanditon",)] * 6
    assert together.asked == [("/prod/shelves/7,8,9,7,8,9", {})]
    assert counted("breaker") == {}


def test_bug_on_the_way_is_one_failure_of_each(together, counted, monkeypatch):
    def explode(_answer):
        raise ZeroDivisionError

    path = registry.get_path("shelf")
    broken = replace(path, together=Together(request=request_for, parts=explode))
    monkeypatch.setitem(registry._declared, "shelf", broken)

    assert [each.reason for each in ask(*NUMBERS)] == ["fallback:error"] * 3
    assert together.asked == [TOGETHER]


def test_too_few_answers_are_no_answers(together):
    say(together, "3:Emma", "3:Persuasion")

    assert {each.reason for each in ask(*NUMBERS)} == {"fallback:malformed"}


def test_each_answer_is_judged_by_itself(together, monkeypatch):
    """Shelf 8 is behind what its customer wrote: asked again, alone, it is not."""
    say(together, "3:Emma", "2:Persuasion", "3:Mansfield Park")
    monkeypatch.setattr(recording, "current_version", lambda _stream: 3)

    answered = ask(*NUMBERS)

    assert books(answered) == [("Emma",), ("Alone",), ("Mansfield Park",)]
    assert [each.reason for each in answered] == ["stage", "second-read", "stage"]


def test_monoliths_answers_ask_no_service(together, standing):
    standing("monolith")

    assert {each.source for each in ask(*NUMBERS)} == {Source.MONOLITH}
    assert together.asked == []
