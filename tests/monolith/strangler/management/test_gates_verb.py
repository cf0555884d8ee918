"""`manage.py strangler gates`: what it prints, and how it ends."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from monolith.strangler.gates import evidence, gating
from monolith.strangler.management.verbs import gates
from monolith.strangler.models import GateEvaluation
from monolith.strangler.reconciliation import checking
from monolith.strangler.reconciliation.checking import Checked
from tests.monolith.strangler.gates.sound import NOTHING, NOW, counts, sound

pytestmark = pytest.mark.django_db


class Noon:
    @staticmethod
    def now():
        return NOW


@pytest.fixture
def evident(monkeypatch):
    monkeypatch.setattr(gates, "timezone", Noon)

    def put(rung="shadow-100", **changes):
        found = sound(rung, **changes)
        monkeypatch.setattr(evidence, "gather", lambda *_, **__: found)

    put()
    return put


def typed(*words):
    """Return what is printed, and the exit code."""
    said = io.StringIO()
    try:
        call_command("strangler", "gates", *words, stdout=said)
    except CommandError as error:
        return said.getvalue(), error.returncode
    return said.getvalue(), 0


def test_gates_that_all_pass_end_with_code_0(evident):
    said, code = typed("shelf")

    lines = said.splitlines()
    assert code == 0
    assert lines[0] == (
        "shelf to canary-1: PASS, passed 1 of 3 times in a row (profile standard; epoch 7)"
    )
    assert lines[1].split() == ["GATE", "REQUIRES", "NOW", "n", "WINDOW", "VERDICT"]
    (agree,) = (line for line in lines if line.startswith("E1 agree"))
    assert agree.split()[-4:] == ["40,100", "1", "d", "PASS"]
    assert "UB95\u00a00.00747\u00a0%" in said
    assert max(map(len, lines)) <= 140


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"open_signatures": 1}, 2, "FAIL"),
        ({"compared": counts(match=1_760)}, 3, "needs 1,240 more comparisons"),
        ({"planned_at": None}, 0, "PASS"),
    ],
)
def test_verdict_is_the_exit_code(evident, changes, code, words):
    evident(**changes)

    said, ended = typed("shelf")

    assert ended == code
    assert words in said


def test_stale_evidence_ends_with_code_4(evident):
    evident("monolith", planned_at=sound().rung_since)

    assert typed("shelf")[1] == 4


def test_another_rung_can_be_asked_for(evident):
    evident("canary-5")

    assert typed("shelf", "--to", "canary-25")[1] == 0
    assert typed("shelf", "--to", "retired")[1] == 3
    assert typed("shelf", "--to", "attic")[1] == 1
    assert typed("shelf", "--to", "monolith")[1] == 1


def test_dry_run_is_named_and_ends_with_code_0(evident):
    evident("canary-5", business=None)

    said, code = typed("shelf")

    assert code == 0
    assert "INCONCLUSIVE (dry run)" in said


def test_json_has_every_gate_and_the_reasons(evident):
    evident(drills=())

    said, code = typed("shelf", "--json")
    told = json.loads(said)

    assert code == 3
    assert (told["path"], told["rung"], told["verdict"]) == ("shelf", "canary-1", "inconclusive")
    assert (told["may_advance"], told["passes"]) == (False, 0)
    assert [gate["gate"] for gate in told["gates"]] == ["E1", "E2", "E3", "E4", "E5", "E6", "W1"]
    assert told["reasons"] == ["E6 drilled INCONCLUSIVE: run `manage.py strangler drill shelf`"]


def test_waiver_is_told(evident, monkeypatch):
    evident(drills=())
    monkeypatch.setattr(gating, "find_waivers", lambda *_, **__: {"E6": "dana: the flood"})

    said, code = typed("shelf")

    assert code == 0
    assert "WAIVED" in said
    assert "waived for dana: the flood" in said


def test_checks_are_made_before_the_gates_are_asked(evident, monkeypatch):
    evident("monolith", checks=NOTHING)
    asked = []

    def check(broken):
        def checked(path, *, keys):
            asked.append((path, keys, GateEvaluation.objects.count()))
            return Checked(good=18, broken=broken, unanswered=1)

        return checked

    monkeypatch.setattr(checking, "check_contract", check(()))
    monkeypatch.setattr(checking, "check_idempotence", check(("7",)))

    said, _ = typed("shelf", "--check")

    assert asked == [("shelf", 20, 0)] * 2
    assert said.splitlines()[:2] == [
        "checked contract: 18 keys keep it, 0 break it, 1 could not be asked",
        "checked idempotent: 18 keys keep it, 1 break it (7), 1 could not be asked",
    ]


def test_unknown_path_ends_with_code_1():
    assert typed("attic")[1] == 1
