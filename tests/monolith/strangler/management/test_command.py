from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from event_contracts.plain_values import to_plain
from monolith.outbox import recording
from monolith.strangler import operations
from monolith.strangler.models import BackfillRun, ReadRecord
from monolith.strangler.state import controls
from monolith.strangler.state.queries import get_status
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kill_file(settings, tmp_path):
    settings.STRANGLER_KILL_FILE = tmp_path / "kill"
    return settings.STRANGLER_KILL_FILE


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


def place(rung):
    return strangler("place", "shelf", rung, "--reason", "a test")


def test_path_moves_to_the_service_and_back(copied):
    said = [
        strangler("backfill", "shelf"),
        strangler("reconcile", "shelf"),
        place("service"),
        strangler("rollback", "shelf", "--reason", "only trying"),
    ]

    assert "2 keys" in said[0]
    assert "2 keys compared" in said[1]
    assert "shelf: monolith to service, by " in said[2]
    assert "shelf: service to monolith, by " in said[3]
    assert "no process that routes reads is running" in said[3]


def test_status_tells_where_a_path_stands_and_what_comes_next(copied):
    place("backfill")
    before = strangler("status", "shelf")
    strangler("backfill", "shelf")
    place("canary-5")
    after = strangler("status", "shelf")

    assert before.startswith("shelf  backfill  (standard)")
    assert "next      manage.py strangler backfill shelf" in before
    assert after.startswith("shelf  canary-5  (standard)  since ")
    assert "next      manage.py strangler plan shelf --to canary-25" in after
    assert "next      manage.py strangler rollback shelf --reason ..." in after


def test_status_tells_a_backfill_that_did_not_finish(copied):
    BackfillRun.objects.create(path="shelf", started_at=NOON, position="7", keys_done=1)

    assert "not finished: 1 keys done, up to 7" in strangler("status", "shelf")


def test_status_of_all_paths_names_each(copied):
    said = strangler("status")

    assert "order_history  monolith  (standard)" in said
    assert "shelf  monolith  (standard)" in said


def test_status_tells_the_kill_switch_and_a_missing_service(library, settings):
    settings.STRANGLER_KILL, settings.STRANGLER_SERVICE_URLS = ["all"], {}

    said = strangler("status", "shelf")

    assert "KILLED" in said
    assert "no service is deployed" in said


def test_status_in_json_has_the_next_steps(copied):
    strangler("backfill", "shelf")
    place("service")

    (status,) = json.loads(strangler("status", "shelf", "--json"))

    assert (status["stage"], status["rung"], status["version"]) == ("service", "service", 1)
    assert status["backfill"]["keys_done"] == 2
    assert status["last_transition"]["reason"] == "a test"
    assert status["next_steps"][-1] == "manage.py strangler rollback shelf --reason ..."


def test_plan_says_what_would_change_and_changes_nothing(copied):
    place("shadow-100")

    said = strangler("plan", "shelf", "--as", "dana")

    assert "shelf: shadow-100 to canary-1" in said
    assert "customers whom the service answers: 1 % (now 0 %)" in said
    assert "back      manage.py strangler rollback shelf --to shadow-100" in said
    assert get_status("shelf").rung.name == "shadow-100"


def test_advance_without_execute_only_shows_the_plan(copied):
    said = strangler("advance", "shelf", "--reason", "the peak passed clean")

    assert "nothing was changed" in said
    assert get_status("shelf").rung.name == "monolith"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("advance", "shelf", "--execute", "--reason", "in a hurry now"), 2),
        (("advance", "shelf", "--execute", "--reason", "hurry"), 2),
        (("plan", "shelf", "--to", "canary-1"), 2),
        (("plan", "shelf", "--to", "half-way"), 1),
        (("status", "attic"), 1),
        (("rollback", "shelf", "--reason", "why"), 2),
        (("dial", "shelf", "canary=1", "--reason", "why"), 2),
        (("dial", "shelf", "canary=much", "--reason", "why"), 1),
        (("approve", "404", "--reason", "why"), 2),
        (("explain",), 1),
        (("drill", "shelf", "--faults", "flood"), 1),
        (("drill", "shelf"), 1),
        (("waive", "shelf", "E2", "--for", "1d", "--approved-by", "erin", "--reason", "why"), 2),
    ],
)
def test_refusals_end_with_their_codes(copied, words, code):
    assert refusal(*words).returncode == code


def test_dials_are_read_and_turned_down(copied):
    place("canary-25")

    said = strangler("dial", "shelf", "canary=?", "canary=100", "verify=10000", "--reason", "calm")

    assert "canary=2500" in said
    assert get_status("shelf").dial.canary_bp == 100


def test_path_is_paused_resumed_killed_and_given_free(copied, kill_file):
    reason = ("--reason", "the sale begins")

    strangler("pause", "shelf", "--for", "2h", *reason)
    assert "PAUSED by " in strangler("status", "shelf")
    strangler("resume", "shelf", *reason)
    strangler("kill", "shelf", *reason)
    assert kill_file.read_text() == "shelf\n"
    assert "KILLED" in strangler("status", "shelf")
    strangler("unkill", "shelf", *reason)

    assert not kill_file.exists()
    assert "KILLED" not in strangler("status", "shelf")


def test_everything_is_killed_at_once(copied):
    strangler("kill", "--all", "--reason", "fire")

    assert "KILLED" in strangler("status", "shelf")


def test_kill_works_on_this_machine_while_the_database_is_down(copied, monkeypatch):
    def fail(**_who):
        raise OperationalError("no route to host")

    monkeypatch.setattr(operations, "kill", fail)

    refused = refusal("kill", "--all", "--reason", "fire")

    assert "STRANGLER_KILL=all" in str(refused)
    assert controls.killed_names() == {"all"}


def test_explain_tells_every_rule_up_to_the_one_that_decided(copied):
    place("canary-50")

    said = strangler("explain", "--path", "shelf", "--user", "7")

    rules = [line.split()[0] for line in said.splitlines()[1:-1]]
    assert rules[:3] == ["retired", "kill-switch", "open-transaction"]
    assert rules[-1] == "cohort"


def test_explain_tells_an_answered_request(copied):
    ReadRecord.objects.create(
        request_id="abc", path="shelf", subject="7", source="monolith", reason="fallback:timeout",
        as_of=3, milliseconds=402.0, facts={}, at=NOON,
    )  # fmt: skip

    assert "shelf for 7: monolith, because fallback:timeout" in strangler(
        "explain", "--request", "abc"
    )
    assert refusal("explain", "--request", "xyz").returncode == 1


def test_customer_is_put_in_and_back(copied):
    said = [
        strangler("put", "shelf", "in", "7", "--reason", "asked for it"),
        strangler("put", "shelf", "back", "7", "--reason", "enough"),
    ]

    assert said[0].startswith("7 is put in for library until ")
    assert "the lot decides again" in said[1]


def test_audit_is_verified(copied):
    place("service")

    assert "1 changes, the chain is whole" in strangler("audit", "verify")
    assert json.loads(strangler("audit", "export"))[0]["kind"] == "placed"


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


def test_audit_lists_every_change_of_every_path_oldest_first(copied):
    place("service")
    strangler("rollback", "shelf", "--reason", "only trying")

    said = strangler("audit").splitlines()
    told = json.loads(strangler("audit", "shelf", "--json"))

    assert [line.rpartition(": ")[2] for line in said] == ["a test", "only trying"]
    assert [(move["from"], move["to"]) for move in told] == [
        ("monolith", "service"),
        ("service", "monolith"),
    ]
