"""Does the deployed pair keep its contract, and does sending twice harm? Asked, and counted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from event_contracts.plain_values import to_plain
from monolith.outbox import queries as outbox
from monolith.outbox import recording
from monolith.outbox.models import OutboxMessage
from monolith.strangler import registry
from monolith.strangler.calling.clients import ServiceAddressMissing
from monolith.strangler.models import Tally
from monolith.strangler.reconciliation import asking, checking
from monolith.strangler.reconciliation.checking import _Pair
from tests.monolith.strangler.conftest import SleepingClock
from tests.monolith.strangler.gates.recorded import open_epoch
from tests.monolith.strangler.gates.sound import ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(library, service, monkeypatch):
    """The service holds what the library holds, and the outbox sends at once."""
    library.put(8, ["Evelina"])
    library.put(9, ["Cecilia"], ["Camilla"])
    recording.start_streams([f"customer/{number}" for number in (7, 8, 9)])
    open_epoch(3, at=ago(hours=1))
    monkeypatch.setattr(checking, "time", SleepingClock())
    monkeypatch.setattr(outbox, "get_status", lambda: Sent)
    service.respond = service.answer_json(held_by(library))
    return library


class Sent:
    pending = 0


class Waiting:
    pending = 1


def held_by(library):
    def answer(handler):
        path, _, parameters = handler.path.partition("?page=")
        return to_plain(library.shelves[int(path.rpartition("/")[2])][int(parameters)])

    return answer


def counted():
    return {tally.name: (tally.count, tally.epoch) for tally in Tally.objects.all()}


def test_pair_that_keeps_the_contract_is_counted_key_by_key(filled):
    checked = checking.check_contract("shelf", keys=20)

    assert (checked.good, checked.broken, checked.unanswered) == (3, (), 0)
    assert counted() == {"contract": (3, 3)}


def test_no_more_keys_are_asked_than_wanted_and_counts_add_up(filled):
    for _ in range(2):
        assert checking.check_contract("shelf", keys=2).good == 2

    assert sum(tally.count for tally in Tally.objects.filter(name="contract")) == 4


def test_service_that_is_not_filled_yet_speaks_the_contract(filled, service):
    service.respond = service.problem(404, "history-not-complete")

    assert checking.check_contract("shelf", keys=20).good == 3


@pytest.mark.parametrize("answer", [{"as_of": 3}, {"as_of": "three", "books": []}])
def test_answer_that_is_none_of_the_contract_breaks_it(filled, service, answer):
    service.respond = service.answer_json(answer)

    assert checking.check_contract("shelf", keys=20).broken == ("7", "8", "9")
    assert counted() == {"contract-broken": (3, 3)}


def test_refusal_that_the_contract_does_not_know_breaks_it(filled, service):
    service.respond = service.problem(400, "bad-request")

    assert checking.check_contract("shelf", keys=1).broken == ("7",)


@dataclass(frozen=True, kw_only=True)
class Odd:
    as_of: int
    books: object


def test_answer_of_the_monolith_that_cannot_be_written_down_breaks_it(filled):
    filled.shelves[7] = [Odd(as_of=1, books=object())]

    assert checking.check_contract("shelf", keys=1).broken == ("7",)


def test_service_that_cannot_be_reached_is_not_counted(filled, service):
    service.respond = service.hang_up

    checked = checking.check_contract("shelf", keys=20)

    assert (checked.good, checked.broken, checked.unanswered) == (0, (), 3)
    assert counted() == {}


def test_each_key_is_sent_three_times_and_right_answers_are_counted(filled):
    checked = checking.check_idempotence("shelf", keys=20)

    recording.flush()
    sent = list(OutboxMessage.objects.order_by("id").values_list("stream", flat=True))
    assert (checked.good, checked.broken, checked.unanswered) == (3, (), 0)
    assert counted() == {"idempotent": (3, 3)}
    assert sent[:3] == ["customer/7", "customer/8", "customer/9"]
    assert sorted(sent[3:]) == sorted(sent[:3] * 2)
    assert sent[3:] != sorted(sent[3:])


def test_answer_that_sending_twice_has_changed_breaks_it(filled, service, monkeypatch):
    twice = service.answer_json({"as_of": 3, "books": ["Emma", "Emma"]})
    right = service.answer_json(held_by(filled))
    sent: list[bool] = []

    def get_status():
        sent.append(True)
        return Sent

    monkeypatch.setattr(outbox, "get_status", get_status)

    def respond(handler):
        (twice if sent and "/7" in handler.path else right)(handler)

    service.respond = respond

    checked = checking.check_idempotence("shelf", keys=20)

    assert (checked.good, checked.broken) == (2, ("7",))
    assert counted() == {"idempotent": (2, 3), "idempotent-broken": (1, 3)}


def test_service_that_is_behind_is_neither_right_nor_wrong(filled, service):
    service.respond = service.answer_json({"as_of": 0, "books": []})

    assert checking.check_idempotence("shelf", keys=20).unanswered == 3
    assert counted() == {}


def test_service_that_says_nothing_is_neither_right_nor_wrong(filled, service):
    service.respond = service.hang_up

    assert checking.check_idempotence("shelf", keys=20).unanswered == 3


def test_outbox_that_does_not_drain_proves_nothing(filled, monkeypatch):
    monkeypatch.setattr(outbox, "get_status", lambda: Waiting)

    assert checking.check_idempotence("shelf", keys=20).unanswered == 3
    assert counted() == {}


def test_answer_that_goes_round_in_a_circle_is_no_agreement(filled, service, monkeypatch):
    monkeypatch.setattr(asking, "LONGEST_ANSWER_PAGES", 5)
    right, circle = service.answer_json(held_by(filled)), service.answer_json(going_round)
    service.respond = lambda handler: (circle if "/7" in handler.path else right)(handler)

    assert _Pair(registry.get_path("shelf")).agrees("7") is False
    assert checking.check_idempotence("shelf", keys=20).good == 2


def going_round(_handler):
    return {"as_of": 3, "books": ["Emma"], "next": 1}


def test_who_cannot_be_asked_is_said(library, settings):
    settings.STRANGLER_SERVICE_URLS = {}

    with pytest.raises(ServiceAddressMissing):
        checking.check_contract("shelf", keys=1)
    with pytest.raises(registry.PathNotDeclared):
        checking.check_idempotence("attic", keys=1)
