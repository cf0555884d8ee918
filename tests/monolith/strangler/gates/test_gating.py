"""Evaluating, counting passes, and saying in words what stands against an advance."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler.deciding.ladder import UnknownRung, rung_below, rung_called
from monolith.strangler.gates import evidence, gating
from monolith.strangler.gates.edges import gates_before
from monolith.strangler.gates.profiles import DEMO, STANDARD, UnknownProfile
from monolith.strangler.models import GateEvaluation, Waiver
from tests.monolith.strangler.gates import sound as soundness
from tests.monolith.strangler.gates.recorded import open_epoch, stand, tally
from tests.monolith.strangler.gates.sound import NOW, sound

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def evident(monkeypatch):
    """Put evidence in place of what would be gathered; call it with what is otherwise."""

    def put(rung="shadow-100", **changes):
        found = sound(rung, **changes)
        monkeypatch.setattr(evidence, "gather", lambda *_, **__: found)

    put()
    return put


def kept(*entries, rung="canary-1", epoch=7, profile="standard"):
    for minutes, verdict in entries:
        GateEvaluation.objects.create(
            path="shelf", epoch=epoch, rung=rung, profile=profile, verdict=verdict,
            results=[], at=NOW + minutes * MINUTE,
        )  # fmt: skip


def passes(profile=STANDARD):
    return gating.passes_in_a_row("shelf", "canary-1", 7, profile)


def test_evaluation_asks_the_gates_before_the_next_rung_and_is_kept(evident):
    evaluated = gating.evaluate("shelf", at=NOW)

    row = GateEvaluation.objects.get()
    assert (evaluated.id, evaluated.rung, evaluated.verdict) == (row.pk, "canary-1", "pass")
    assert (row.path, row.epoch, row.rung, row.profile) == ("shelf", 7, "canary-1", "standard")
    assert (row.verdict, row.at) == ("pass", NOW)
    assert [result["gate"] for result in row.results] == [
        gate.id for gate in gates_before("canary-1")
    ]
    assert gating.find_latest("shelf", "canary-1") == row
    assert gating.find_latest("shelf", "canary-5") is None


def test_gathered_evidence_is_judged_as_it_lies_in_the_tables(library):
    open_epoch(1)
    stand("shadow-100")
    tally("compare", "match", 5_000)
    tally("answer", "monolith:stage", 5_000, at=soundness.ago(hours=1))

    results = {result.gate: result for result in gating.evaluate("shelf", at=NOW).results}

    assert (results["E1"].verdict, results["E1"].n) == ("pass", 5_000)
    assert results["E6"].verdict == "inconclusive"


@pytest.mark.parametrize("to", ["backfill", "canary-5", "retired"])
def test_any_rung_with_gates_can_be_asked_for(evident, to):
    present = rung_below(rung_called(to))
    assert present is not None
    evident(present.name)

    assert gating.evaluate("shelf", at=NOW, to=to).rung == to


def test_rung_far_above_does_not_pass_on_evidence_of_the_present_one(evident):
    assert gating.evaluate("shelf", at=NOW, to="canary-25").verdict == "inconclusive"


def test_what_cannot_be_asked_for_is_refused(evident):
    with pytest.raises(UnknownRung):
        gating.evaluate("shelf", at=NOW, to="attic")
    with pytest.raises(gating.GatesMissing):
        gating.evaluate("shelf", at=NOW, to="monolith")
    evident("retired")
    with pytest.raises(gating.NothingAbove):
        gating.evaluate("shelf", at=NOW)
    assert not GateEvaluation.objects.exists()


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([], 0),
        ([(0, "pass")], 1),
        ([(0, "pass"), (5, "pass"), (10, "pass")], 3),
        ([(0, "pass"), (1, "pass"), (2, "pass"), (3, "pass"), (4, "pass")], 1),
        ([(minute, "pass") for minute in range(11)], 3),
        ([(0, "pass"), (4, "pass"), (8, "pass")], 2),
        ([(0, "pass"), (5, "fail"), (10, "pass")], 1),
        ([(0, "pass"), (5, "pass"), (10, "inconclusive")], 0),
        ([(0, "pass"), (5, "pass"), (70, "pass")], 1),
        ([(0, "pass"), (60, "pass"), (120, "pass")], 3),
    ],
)
def test_passes_in_a_row_are_counted_once_an_interval(entries, count):
    kept(*entries)

    assert passes() == count


def test_passes_of_another_epoch_or_profile_end_the_row():
    kept((0, "pass"), epoch=6)
    kept((5, "pass"), profile="demo")
    kept((10, "pass"), (15, "pass"))

    assert passes() == 2
    assert passes(DEMO) == 0
    assert gating.passes_in_a_row("shelf", "canary-5", 7, STANDARD) == 0


def test_third_pass_in_a_row_gives_permission(evident):
    answers = [
        gating.may_advance("shelf", at=NOW + minutes * MINUTE) for minutes in (0, 5, 6, 10, 10)
    ]

    assert [answer.is_given for answer in answers] == [False, False, False, True, True]
    assert answers[2].reasons == ("passed 2 of 3 times in a row: evaluate again, 5 min apart",)
    assert answers[3].reasons == ()


def test_gate_that_does_not_pass_is_the_reason_why_not(evident):
    kept((-10, "pass"), (-5, "pass"))
    evident(open_signatures=2)

    answer = gating.may_advance("shelf", at=NOW)

    assert not answer.is_given
    assert answer.passes == 0
    assert answer.reasons[0].startswith("E2 nothing severe FAIL: ")
    assert "2 signatures open" in answer.reasons[0]


def test_dry_run_is_no_reason(evident):
    evident("canary-5", business=None)

    assert not [r for r in gating.may_advance("shelf", at=NOW).reasons if r.startswith("F5")]


def waive(gate, *, days=1, at=NOW):
    Waiver.objects.create(
        path="shelf", gate=gate, reason="the drill room is flooded", requested_by="dana",
        approved_by="kim", at=at, expires_at=NOW + timedelta(days=days),
    )  # fmt: skip


def test_waiver_in_force_lets_its_gate_pass_and_says_who(evident):
    evident(drills=())
    waive("E6")

    evaluated = gating.evaluate("shelf", at=NOW)

    result = next(result for result in evaluated.results if result.gate == "E6")
    assert (evaluated.verdict, result.verdict) == ("pass", "waived")
    assert "dana, allowed by kim until 2025-03-02 12:00 UTC" in result.waiver


def test_waiver_that_has_expired_or_not_begun_changes_nothing(evident):
    evident(drills=())
    waive("E6", days=0)
    waive("E6", at=NOW + MINUTE)

    assert gating.evaluate("shelf", at=NOW).verdict == "inconclusive"


def test_e2_is_not_waived_whatever_is_recorded(evident):
    evident(compared_in_epoch=soundness.counts(match=9_000, leak=1))
    waive("E2")

    assert gating.evaluate("shelf", at=NOW).verdict == "fail"


def test_profile_is_the_one_that_the_setting_names(evident, settings):
    settings.STRANGLER_PROFILE = "demo"
    assert gating.current_profile() is DEMO
    assert gating.evaluate("shelf", at=NOW).profile == "demo"

    settings.STRANGLER_PROFILE = "lax"
    with pytest.raises(UnknownProfile):
        gating.evaluate("shelf", at=NOW)

    del settings.STRANGLER_PROFILE
    assert gating.current_profile() is STANDARD
