from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from event_contracts.plain_values import to_plain
from monolith.outbox import recording
from monolith.strangler import queries
from monolith.strangler.models import BackfillRun, Transition
from monolith.strangler.stages import Stage
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def copied(library, service):
    """The service holds what the library holds."""
    library.put(8, ["Evelina"])
    recording.start_streams(["customer/7", "customer/8"])

    def shelf(handler):
        number = int(handler.path.partition("?")[0].rpartition("/")[2])
        return to_plain(library.shelves[number][0])

    service.respond = service.answer_json(shelf)
    return library


def strangler(*words):
    said = io.StringIO()
    call_command("strangler", *words, stdout=said)
    return said.getvalue()


def refusal(*words):
    with pytest.raises(CommandError) as refused:
        strangler(*words)
    return refused.value


def test_path_moves_to_the_service_and_back(copied):
    said = [
        strangler("backfill", "shelf"),
        strangler("reconcile", "shelf"),
        strangler("advance", "shelf", "--reason", "reconciled"),
        strangler("rollback", "shelf", "--reason", "only trying"),
    ]

    assert "2 keys" in said[0]
    assert "2 keys compared" in said[1]
    assert "shelf: monolith to service, by " in said[2]
    assert "shelf: service to monolith, by " in said[3]
    assert queries.stages.stage_of("shelf") is Stage.MONOLITH


def test_status_tells_where_a_path_stands_and_what_comes_next(copied):
    before = strangler("status", "shelf")
    strangler("backfill", "shelf")
    strangler("advance", "shelf", "--to", "service", "--reason", "reconciled")
    after = strangler("status", "shelf")

    assert before.startswith("shelf  monolith\n")
    assert "next      manage.py strangler backfill shelf" in before
    assert after.startswith("shelf  service  since ")
    assert "reconciled" in after
    assert "next      manage.py strangler rollback shelf --reason ..." in after


def test_status_tells_a_backfill_that_did_not_finish(copied):
    BackfillRun.objects.create(path="shelf", started_at=NOON, position="7", keys_done=1)

    assert "not finished: 1 keys done, up to 7" in strangler("status", "shelf")


def test_status_of_all_paths_names_each(copied):
    said = strangler("status")

    assert "order_history  monolith" in said
    assert "shelf  monolith" in said


def test_status_tells_the_kill_switch_and_a_missing_service(library, settings):
    settings.STRANGLER_KILL, settings.STRANGLER_SERVICE_URLS = ["all"], {}

    said = strangler("status", "shelf")

    assert "KILLED" in said
    assert "no service is deployed" in said


def test_status_in_json_has_the_next_steps(copied):
    strangler("backfill", "shelf")
    strangler("advance", "shelf", "--reason", "reconciled")

    (status,) = json.loads(strangler("status", "shelf", "--json"))

    assert (status["stage"], status["version"]) == ("service", 1)
    assert status["backfill"]["keys_done"] == 2
    assert status["last_transition"]["reason"] == "reconciled"
    assert status["next_steps"] == ["manage.py strangler rollback shelf --reason ..."]


def test_refused_advance_ends_with_code_2(library, service):
    refused = refusal("advance", "shelf", "--reason", "in a hurry")

    assert refused.returncode == 2
    assert "backfill" in str(refused)


def test_unknown_stage_and_unknown_path_end_with_code_1(library):
    assert refusal("advance", "shelf", "--to", "half-way", "--reason", "why").returncode == 1
    assert refusal("status", "attic").returncode == 1


def test_move_needs_a_reason(library):
    assert "--reason" in str(refusal("advance", "shelf"))


def test_reconcile_that_finds_differences_ends_with_code_16(copied, service, patience_in_pauses):
    service.respond = service.answer_json({"as_of": 3, "books": ["Lady Susan"]})
    copied.put(8, ["Evelina"], as_of=3)

    refused = refusal("reconcile", "shelf", "--patience", "1")

    assert refused.returncode == 16


def test_reconcile_adds_up_what_it_found(copied, service, patience_in_pauses):
    copied.put(9, ["Cecilia"])
    copied.put(10, ["Camilla"], as_of=1)

    def respond(handler):
        number = handler.path.partition("?")[0].rpartition("/")[2]
        if number == "7":
            service.problem(500, "broken")(handler)
        elif number == "8":
            service.problem(404, "history-not-complete")(handler)
        elif number == "9":
            service.answer_json({"as_of": 2, "books": ["Cecilia"]})(handler)
        else:
            service.answer_json(to_plain(copied.shelves[10][0]))(handler)

    service.respond = respond

    assert refusal("reconcile", "shelf", "--patience", "0.3").returncode == 1 + 16 + 32


def test_reconcile_in_json_counts_every_outcome(copied, service):
    counts = json.loads(strangler("reconcile", "shelf", "--json"))["counts"]

    assert counts.pop("match") == 2
    assert set(counts.values()) == {0}


def test_reconcile_names_keys_and_places_but_no_values(copied, service, patience_in_pauses):
    service.respond = service.answer_json({"as_of": 3, "books": ["Lady Susan", "Persuasion"]})
    said = io.StringIO()

    with pytest.raises(CommandError):
        call_command("strangler", "reconcile", "shelf", "--patience", "1", stdout=said)

    assert "wrong: key 7: books[0] changed" in said.getvalue()
    assert "Lady Susan" not in said.getvalue()


def test_audit_lists_every_move_of_every_path_oldest_first(copied):
    strangler("backfill", "shelf")
    strangler("advance", "shelf", "--reason", "reconciled")
    strangler("rollback", "shelf", "--reason", "only trying")

    said = strangler("audit").splitlines()
    told = json.loads(strangler("audit", "shelf", "--json"))

    assert [line.rpartition(": ")[2] for line in said] == ["reconciled", "only trying"]
    assert [(move["from"], move["to"]) for move in told] == [
        ("monolith", "service"),
        ("service", "monolith"),
    ]
    assert Transition.objects.count() == 2
