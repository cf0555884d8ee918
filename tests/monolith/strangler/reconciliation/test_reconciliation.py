from __future__ import annotations

from typing import Any

import pytest

from event_contracts.plain_values import to_plain
from monolith.strangler import reconciliation
from monolith.strangler.calling.clients import ServiceAddressMissing
from monolith.strangler.comparison import Difference, Kind
from monolith.strangler.reconciliation import Final, asking, passing

pytestmark = pytest.mark.django_db


class Copy:
    """What the service holds: the library's shelves, page by page, unless a test changes one."""

    def __init__(self, library, service):
        self.pages: dict[int, Any] = {}
        self.asked: dict[int, int] = {}
        self._service = service
        for number, pages in library.shelves.items():
            self.pages[number] = [to_plain(page) for page in pages]
        service.respond = self.respond

    def respond(self, handler):
        path, _, query = handler.path.partition("?")
        number, page = int(path.rpartition("/")[2]), int(query.rpartition("=")[2])
        self.asked[number] = self.asked.get(number, 0) + 1
        found = self.pages[number]
        if callable(found):
            found = found(self.asked[number])
        if isinstance(found, str):
            self._service.problem(404, found)(handler)
        elif isinstance(found, int):
            self._service.answer_json({"message": "no"}, found)(handler)
        else:
            self._service.answer_json(found[page])(handler)


@pytest.fixture
def copy(library, service, patience_in_pauses):
    for number in range(1, 30):
        library.put(number, ["Emma", "Persuasion"], ["Sanditon"], as_of=number)
    return Copy(library, service)


def outcomes(report):
    return {final.value: count for final, count in report.counts.items() if count}


def run(patience_seconds=2):
    return reconciliation.run("shelf", patience_seconds=patience_seconds)


def test_every_key_matches_when_the_service_holds_the_same(copy):
    report = run()

    assert outcomes(report) == {"match": 29}
    assert (report.keys, report.findings) == (29, ())
    assert set(copy.asked) == set(range(1, 30))


def test_every_key_is_looked_at_however_many_chunks_it_takes(copy, monkeypatch):
    monkeypatch.setattr(passing, "CHUNK_KEYS", 4)

    assert outcomes(run()) == {"match": 29}


def test_every_key_is_looked_at_again_however_many_are_behind(copy, monkeypatch):
    monkeypatch.setattr(passing, "CHUNK_KEYS", 4)
    for number, right in copy.pages.items():
        copy.pages[number] = lambda asked, right=right: right if asked > 3 else "shelf-not-complete"

    assert outcomes(run(patience_seconds=30)) == {"healed": 29}


def test_other_content_at_the_same_version_is_wrong(copy):
    copy.pages[12][1]["books"] = ["Lady Susan"]

    report = run()

    (finding,) = report.findings
    assert outcomes(report) == {"match": 28, "wrong": 1}
    assert finding.key == "12"
    assert finding.differences == (Difference("books[0]", Kind.CHANGED),)


def test_wrong_answer_is_looked_at_three_times(copy):
    copy.pages[12][0]["books"] = ["Lady Susan"]

    run()

    assert copy.asked[12] == 3 * 2


@pytest.mark.parametrize("pages", [1, 3])
def test_answer_with_other_pages_is_wrong(copy, pages):
    first, last = copy.pages[12]
    more = {**last, "next": 2}
    copy.pages[12] = [{**first, "next": None}] if pages == 1 else [first, more, last]

    assert outcomes(run()) == {"match": 28, "wrong": 1}


def test_service_that_catches_up_has_healed(copy, library):
    behind = [{**page, "as_of": 11, "books": []} for page in copy.pages[12]]
    caught_up = copy.pages[12]
    copy.pages[12] = lambda asked: behind if asked <= 6 else caught_up

    report = run()

    assert outcomes(report) == {"match": 28, "healed": 1}


def test_service_that_never_catches_up_is_overdue(copy):
    copy.pages[12] = [{**page, "as_of": 11} for page in copy.pages[12]]

    assert outcomes(run()) == {"match": 28, "stale overdue": 1}


def test_history_that_becomes_complete_has_healed(copy):
    complete = copy.pages[12]
    copy.pages[12] = lambda asked: "shelf-not-complete" if asked <= 2 else complete

    assert outcomes(run()) == {"match": 28, "healed": 1}


def test_history_that_never_becomes_complete_is_missing(copy):
    copy.pages[12] = "shelf-not-complete"

    report = run()

    assert outcomes(report) == {"match": 28, "missing": 1}
    assert report.findings[0].final is Final.MISSING


def test_patience_begins_anew_with_every_key_that_settles(copy):
    complete = dict(copy.pages)
    for number in range(1, 6):
        # Each heals a pause later than the one before: together that is longer than the patience.
        copy.pages[number] = lambda asked, number=number: (
            "shelf-not-complete" if asked <= number else complete[number]
        )

    report = run(patience_seconds=1.2)

    assert outcomes(report) == {"match": 24, "healed": 5}


@pytest.mark.parametrize("status", [404, 500])
def test_failing_service_is_an_error(copy, status):
    copy.pages[12] = status

    assert outcomes(run()) == {"match": 28, "error": 1}


def test_service_that_recovers_has_healed(copy):
    right = copy.pages[12]
    copy.pages[12] = lambda asked: 503 if asked == 1 else right

    assert outcomes(run()) == {"match": 28, "healed": 1}


def test_answer_that_goes_round_in_a_circle_is_an_error(copy, monkeypatch):
    monkeypatch.setattr(asking, "LONGEST_ANSWER_PAGES", 20)
    copy.pages[12][1]["next"] = 0

    assert outcomes(run()) == {"match": 28, "error": 1}


def test_service_ahead_of_the_monolith_is_looked_at_again(copy, library):
    copy.pages[12] = [{**page, "as_of": 13} for page in copy.pages[12]]

    def catch_up(keys, note):
        if note:
            library.put(12, ["Emma", "Persuasion"], ["Sanditon"], as_of=13)

    report = reconciliation.run("shelf", patience_seconds=5, report=catch_up)

    assert outcomes(report) == {"match": 28, "healed": 1}


def test_monolith_that_never_stands_still_leaves_its_key_unsettled(copy):
    copy.pages[12][1]["as_of"] = 13

    assert outcomes(run()) == {"match": 28, "unsettled": 1}


def test_progress_adds_up_to_the_keys(copy):
    steps = []

    reconciliation.run("shelf", report=lambda keys, _note: steps.append(keys))

    assert sum(steps) == 29


def test_service_without_address_cannot_be_compared(library, settings):
    settings.STRANGLER_SERVICE_URLS = {}

    with pytest.raises(ServiceAddressMissing):
        run()
