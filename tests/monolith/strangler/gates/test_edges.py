"""Every rung has its gates, and what they say together."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from monolith.config.environment import ROOT
from monolith.strangler.deciding.ladder import RUNGS, rung_below, rung_called
from monolith.strangler.gates.edges import (
    BEFORE,
    UnknownGate,
    all_gates,
    gate_called,
    gates_before,
    judge,
)
from monolith.strangler.gates.facts import Evidence
from monolith.strangler.gates.profiles import DEMO, STANDARD, STRICT
from monolith.strangler.gates.verdicts import GateResult, Verdict, overall, worst
from tests.monolith.strangler.gates.sound import NOW, nothing_known, sound

PAGE = (ROOT / "docs" / "gates.md").read_text()
CLIMBED = [rung.name for rung in RUNGS[1:]]
WAIVE_ALL = {gate.id: "dana, allowed by kim: we know" for gate in all_gates()}


def below(rung):
    found = rung_below(rung_called(rung))
    assert found is not None
    return found.name


def test_every_rung_above_the_lowest_has_gates_and_no_other_has():
    assert list(BEFORE) == CLIMBED
    assert all(gates_before(rung) for rung in CLIMBED)
    assert gates_before("monolith") == ()


def test_every_gate_has_an_id_of_its_own():
    everywhere = {id(gate): gate for gates in BEFORE.values() for gate in gates}.values()

    assert len({gate.id for gate in everywhere}) == len(everywhere)
    assert gate_called("E2").name == "nothing severe"
    with pytest.raises(UnknownGate, match="B1, B2"):
        gate_called("Z9")


def test_every_gate_is_explained_on_the_page_with_the_rungs_it_stands_before():
    rows = re.findall(r"^\| ([A-Z]\d) \| ([^|]+) \|[^|]+\|[^|]+\| ([^|]+) \|$", PAGE, re.MULTILINE)
    told = {identifier: (name, before.split(", ")) for identifier, name, before in rows}

    assert told == {
        gate.id: (gate.name, [rung for rung, gates in BEFORE.items() if gate in gates])
        for gate in all_gates()
    }


@pytest.mark.parametrize("profile", [DEMO, STANDARD, STRICT], ids=lambda profile: profile.name)
@pytest.mark.parametrize("rung", CLIMBED)
def test_sound_path_may_climb_every_rung_in_every_profile(rung, profile):
    results = judge(sound(below(rung)), profile, NOW, rung=rung, waivers={})

    assert {result.gate: result.now for result in results if result.verdict != "pass"} == {}


@pytest.mark.parametrize("rung", CLIMBED)
def test_no_gate_passes_a_path_of_which_nothing_is_known(rung):
    results = judge(nothing_known(below(rung)), DEMO, NOW, rung=rung, waivers={})

    assert [(result.gate, result.verdict.value) for result in results] == [
        (gate.id, "inconclusive") for gate in gates_before(rung)
    ]


@pytest.mark.parametrize("rung", CLIMBED)
def test_waivers_let_every_gate_pass_but_e2(rung):
    results = judge(nothing_known(below(rung)), STANDARD, NOW, rung=rung, waivers=WAIVE_ALL)

    waived = {result.gate for result in results if result.verdict is Verdict.WAIVED}
    assert {gate.id for gate in gates_before(rung)} - waived == (
        {"E2"} if any(gate.id == "E2" for gate in gates_before(rung)) else set()
    )
    assert all("we know" in result.waiver for result in results if result.gate in waived)


def test_waiver_changes_nothing_of_a_gate_that_passes():
    results = judge(sound(), STANDARD, NOW, rung="canary-1", waivers=WAIVE_ALL)

    assert {result.verdict for result in results} == {Verdict.PASS}
    assert {result.waiver for result in results} == {""}


def result(verdict, **changes):
    facts = {"gate": "E1", "name": "agree", "requires": "much", "now": "little"}
    return GateResult(**{**facts, **changes}, verdict=verdict)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([], "inconclusive"),
        (["pass", "pass"], "pass"),
        (["pass", "waived"], "pass"),
        (["pass", "inconclusive", "waived"], "inconclusive"),
        (["stale", "inconclusive"], "stale"),
        (["fail", "stale", "pass"], "fail"),
    ],
)
def test_gates_together_say_what_weighs_most(verdicts, said):
    assert overall(result(Verdict(verdict)) for verdict in verdicts) == said


def test_dry_run_is_shown_but_blocks_nothing():
    assert overall([result(Verdict.PASS), result(Verdict.FAIL, is_dry_run=True)]) == "pass"
    assert overall([result(Verdict.PASS, is_dry_run=True)]) == "inconclusive"
    assert gate_called("F5").is_dry_run
    assert [gate.id for gate in all_gates() if gate.is_dry_run] == ["F5"]


def test_only_pass_and_waived_let_pass():
    assert [verdict.value for verdict in Verdict if verdict.lets_pass] == ["pass", "waived"]
    assert worst([]) is Verdict.INCONCLUSIVE


def test_result_as_facts_has_every_field():
    facts = result(Verdict.FAIL, as_of=NOW).as_facts()

    assert list(facts) == [field.name for field in fields(GateResult)]
    assert facts["as_of"] == NOW.isoformat()
    assert facts["verdict"] == "fail"


def test_evidence_that_nobody_gathered_is_empty_or_none_and_never_a_zero_that_passes():
    bare = Evidence(path="shelf", rung="monolith")

    assert bare.open_signatures is None
    assert bare.automatic_rollbacks is None
    assert bare.live_rules is None
    assert bare.baking_since is None
