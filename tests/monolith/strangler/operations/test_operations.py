from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from monolith.strangler import operations
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import RUNGS, UnknownRung
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates import gating
from monolith.strangler.gates.verdicts import Verdict
from monolith.strangler.models import CohortException, PathState, Plan, Transition, Watch
from monolith.strangler.operations import (
    AdvanceRefused,
    ApprovalNeeded,
    EvidenceMissing,
    NothingToRollBack,
    PathFrozen,
    PlanNotFound,
    ReasonMissing,
    StateChanged,
)
from monolith.strangler.registry import PathNotDeclared
from monolith.strangler.state import controls, epochs
from tests.factories import NOON

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(minutes=1)


class Gates:
    """Gates that say what the test wants."""

    def __init__(self):
        self.reasons, self.verdict = (), Verdict.PASS

    def may_advance(self, path, *, at, to=None):
        evaluated = gating.Evaluated(
            id=1, path=path, rung=to, epoch=1, profile="standard", verdict=self.verdict,
            results=(), at=at,
        )  # fmt: skip
        return gating.Permission(
            is_given=not self.reasons, reasons=self.reasons, passes=3, evaluated=evaluated
        )


@pytest.fixture(autouse=True)
def gates(monkeypatch):
    gates = Gates()
    monkeypatch.setattr(gating, "may_advance", gates.may_advance)
    return gates


@pytest.fixture(autouse=True)
def _path(library):
    pass


def on(rung):
    return operations.place(path="shelf", rung=rung, actor="setup", reason="a test", at=NOON)


def plan(**changes):
    return operations.plan(**{"path": "shelf", "actor": "dana", "at": NOON, **changes})


def advance(plan_id=None, **changes):
    made = {"actor": "dana", "reason": "the peak passed clean", "at": LATER, **changes}
    return operations.advance(plan_id=plan_id or plan().pk, **made)


def said(**changes):
    return {"path": "shelf", "actor": "dana", "reason": "too many timeouts", "at": NOON, **changes}


def present():
    return controls.read_controls().held["shelf"]


def test_every_rung_is_climbed_by_a_plan_of_its_own():
    for rung in RUNGS[1:]:
        made = plan()
        if rung.name in {"service", "retired"}:
            operations.approve(plan_id=made.pk, actor="erin", reason="looked at it", at=NOON)

        moved = advance(made.pk)

        assert (made.rung, moved.to_stage) == (rung.name, rung.stage)
        assert present().dial == rung.dial


def test_advance_is_audited_with_who_why_and_on_what_evidence():
    moved = advance(ticket="SHOP-418", via="web")

    assert (moved.kind, moved.actor, moved.reason) == ("advance", "dana", "the peak passed clean")
    assert (moved.ticket, moved.via, moved.at, moved.version) == ("SHOP-418", "web", LATER, 1)
    assert moved.evidence["profile"] == "standard"
    assert moved.plan.executed_at == LATER
    assert moved.took_microseconds > 0


def test_advance_begins_the_watches_anew():
    Watch.objects.create(path="shelf", name="wrong", score=5, seen=9, bad=2, since=NOON)

    advance()

    watch = Watch.objects.get()
    assert (watch.score, watch.seen, watch.bad, watch.since) == (0, 0, 0, LATER)


def test_plan_leads_to_the_next_rung_only():
    on("shadow-10")

    assert plan().rung == plan(to_rung="shadow-100").rung == "shadow-100"
    with pytest.raises(AdvanceRefused, match="next rung is shadow-100"):
        plan(to_rung="canary-1")
    with pytest.raises(AdvanceRefused, match="roll back"):
        plan(to_rung="shadow-1")
    with pytest.raises(UnknownRung):
        plan(to_rung="attic")


def test_nothing_lies_above_retired():
    on("retired")

    with pytest.raises(AdvanceRefused, match="nothing lies above"):
        plan()


def test_plan_changes_nothing():
    plan()

    assert not PathState.objects.exists()
    assert not Transition.objects.exists()


def test_failing_gates_refuse_the_advance_and_say_why(gates):
    gates.reasons, gates.verdict = ("E1 agreement FAIL: 4 of 3,000 wrong",), Verdict.FAIL

    with pytest.raises(EvidenceMissing, match="E1 agreement FAIL") as refused:
        advance()

    assert refused.value.verdict is Verdict.FAIL
    assert not Transition.objects.exists()


def test_plan_is_carried_out_once():
    made = plan()
    advance(made.pk)

    with pytest.raises(PlanNotFound, match="was carried out"):
        advance(made.pk)


def test_plan_expires():
    made = plan()

    with pytest.raises(PlanNotFound, match="expired"):
        advance(made.pk, at=made.expires_at)


def test_plan_is_void_when_the_path_has_changed():
    made = plan()
    operations.pause(**said())

    with pytest.raises(PlanNotFound, match="before the path changed"):
        advance(made.pk)


@pytest.mark.parametrize("what", ["code", "profile"])
def test_plan_and_its_approval_are_void_when_what_the_evidence_depends_on_changes(
    monkeypatch, settings, what
):
    on("canary-50")
    made = plan()
    operations.approve(plan_id=made.pk, actor="erin", reason="looked at it", at=NOON)
    if what == "code":
        monkeypatch.setattr(epochs, "code", lambda: "another release")
    else:
        settings.STRANGLER_PROFILE = "strict"

    with pytest.raises(PlanNotFound, match="evidence depends on changed"):
        advance(made.pk)


def test_unknown_plan_is_refused():
    with pytest.raises(PlanNotFound):
        advance(404)


@pytest.mark.parametrize("rung", ["canary-50", "service-alone"])
def test_top_rungs_need_a_second_person(rung):
    on(rung)
    made = plan()

    with pytest.raises(ApprovalNeeded, match=f"approve {made.pk}"):
        advance(made.pk)
    with pytest.raises(AdvanceRefused, match="second person"):
        operations.approve(plan_id=made.pk, actor="dana", reason="looks good", at=NOON)

    operations.approve(plan_id=made.pk, actor="erin", reason="looked at it", at=NOON)
    assert [given["by"] for given in advance(made.pk).approvals] == ["erin"]


def test_strict_profile_needs_two_others_for_service(settings):
    settings.STRANGLER_PROFILE = "strict"
    on("canary-50")
    made = plan()
    for name in ("erin", "erin"):
        operations.approve(plan_id=made.pk, actor=name, reason="looked at it", at=NOON)

    with pytest.raises(ApprovalNeeded, match=r"needs 2 approval.* has 1"):
        advance(made.pk)


@pytest.mark.parametrize("reason", ["", "   ", "ok", "good now"])
def test_advance_needs_a_reason_that_others_understand(reason):
    with pytest.raises(AdvanceRefused, match="at least 10"):
        advance(reason=reason)


def test_paused_path_does_not_climb_until_it_is_resumed_or_the_pause_is_over():
    operations.pause(**said(reason="the sale begins"))

    with pytest.raises(AdvanceRefused, match=r"paused by dana \(the sale begins"):
        advance()

    operations.resume(**said(reason="the sale is over"))
    assert advance().kind == "advance"


def test_pause_that_is_over_by_its_date_stands_in_nobodys_way():
    operations.pause(**said(until=NOON + timedelta(seconds=30)))

    assert advance(at=LATER).kind == "advance"


def test_killed_path_does_not_climb():
    operations.kill(**said())

    with pytest.raises(AdvanceRefused, match="killed"):
        advance()


def test_freeze_sends_everything_to_the_monolith_until_it_is_lifted():
    on("service")

    operations.freeze(**said(actor="watch", reason="a leak"))

    assert (present().stage, present().hold) == (Stage.MONOLITH, Hold.FROZEN)
    for move in (operations.pause, operations.resume):
        with pytest.raises(PathFrozen, match="strangler lift shelf"):
            move(**said())
    with pytest.raises(PathFrozen, match="a leak"):
        advance()
    operations.lift(**said(reason="the leak was mended"))
    assert present().hold is Hold.NONE
    assert advance().kind == "advance"


@pytest.mark.parametrize("rung", [rung.name for rung in RUNGS[1:-1]])
def test_roll_back_leads_down_from_every_rung_but_the_last(rung):
    on(rung)

    moved = operations.roll_back(**said())

    assert (moved.kind, moved.to_stage, present().stage) == ("roll-back", 0, Stage.MONOLITH)


def test_roll_back_asks_nobody(gates, settings):
    gates.reasons = ("everything fails",)
    settings.STRANGLER_SERVICE_URLS = {}
    on("canary-50")
    operations.pause(**said())

    operations.roll_back(**said(to_rung="canary-5"))

    assert present().dial.canary_bp == 500


def test_retired_path_cannot_go_back():
    on("retired")

    with pytest.raises(NothingToRollBack, match="cannot answer any more"):
        operations.roll_back(**said())


@pytest.mark.parametrize("to_rung", ["canary-5", "canary-25", "service"])
def test_roll_back_leads_down_only(to_rung):
    on("canary-5")

    with pytest.raises(NothingToRollBack, match="canary-5 already"):
        operations.roll_back(**said(to_rung=to_rung))


def test_automatic_roll_back_keeps_the_path_down_for_a_while():
    on("canary-50")

    operations.roll_back(
        **said(to_rung="canary-25", actor="watch", actor_kind="auto", paused_until=LATER)
    )

    with pytest.raises(AdvanceRefused, match="paused by watch"):
        advance(plan(at=NOON).pk, at=NOON)


def test_dial_is_turned_down_freely_and_up_never():
    on("canary-25")

    operations.dial(**said(settings={"canary": 1_000, "verify": 10_000}))

    assert (present().dial.canary_bp, present().dial.verify_bp) == (1_000, 10_000)
    with pytest.raises(AdvanceRefused, match="is an advance"):
        operations.dial(**said(settings={"canary": 1_001}))
    for wrong in ({"volume": 1}, {"canary": 10_001}, {"verify": -1}):
        with pytest.raises(AdvanceRefused):
            operations.dial(**said(settings=wrong))


def test_dial_turned_down_has_to_be_earned_again():
    on("canary-25")
    operations.dial(**said(settings={"canary": 1_000}))

    assert plan().rung == "canary-25"


def test_kill_and_its_end_leave_the_stage_alone():
    on("service")

    operations.kill(**said())
    assert controls.read_controls().killed == {"shelf"}
    operations.unkill(**said())

    assert (controls.read_controls().killed, present().stage) == (frozenset(), Stage.SERVICE)


def test_everything_can_be_killed_at_once():
    operations.kill(**said(path="all"))

    assert controls.is_killed("shelf", controls.read_controls())


def test_only_a_local_shop_is_put_on_a_rung(settings):
    settings.IS_LOCAL = False

    with pytest.raises(AdvanceRefused, match="has to be earned"):
        on("service")


def test_waiver_takes_two_people_a_reason_and_an_end():
    given: dict[str, Any] = {
        "path": "shelf", "gate": "E5", "requested_by": "dana", "approved_by": "erin",
        "reason": "the emulator is slow", "at": NOON, "lasts": timedelta(days=1),
    }  # fmt: skip

    assert operations.waive(**given).expires_at == NOON + timedelta(days=1)
    (noted,) = Transition.objects.all()
    assert (noted.kind, noted.actor, noted.after["approved_by"]) == ("waiver", "dana", "erin")
    for change in (
        {"approved_by": "dana"},
        {"gate": "E2"},
        {"lasts": timedelta(days=15)},
        {"lasts": timedelta(0)},
    ):
        with pytest.raises(AdvanceRefused):
            operations.waive(**given | change)
    with pytest.raises(ReasonMissing):
        operations.waive(**given | {"reason": " "})


def test_customer_is_put_in_and_let_go_again():
    given: dict[str, Any] = {"path": "shelf", "subject": "7", "actor": "dana", "at": NOON}
    operations.except_subject(**given, is_in=True, reason="asked for it", expires_at=LATER)
    operations.except_subject(**given, is_in=False, reason="changed their mind", expires_at=LATER)

    assert [row.is_in for row in CohortException.objects.all()] == [False]
    assert operations.end_exception(**given, reason="over")
    assert not operations.end_exception(**given, reason="over")
    noted = Transition.objects.order_by("pk")
    assert [(row.kind, row.after.get("is_in")) for row in noted] == [
        ("exception", True), ("exception", False), ("exception", None),
    ]  # fmt: skip
    assert noted[2].noted.endswith("ended")
    assert all("subject" not in row.before | row.after for row in noted)


@pytest.mark.parametrize(
    "move",
    [operations.roll_back, operations.pause, operations.resume, operations.kill, operations.freeze],
)
def test_change_without_a_reason_or_of_an_unknown_path_is_refused(move):
    with pytest.raises(ReasonMissing):
        move(**said(reason=" \n"))
    with pytest.raises(PathNotDeclared):
        move(**said(path="attic"))


def test_change_of_a_version_that_is_past_is_refused_and_says_who_was_faster():
    on("canary-5")

    with pytest.raises(StateChanged, match=r"version 1 by now, not 0 \(setup: placed, 'a test'\)"):
        operations.roll_back(**said(expected_version=0))


def test_recorded_changes_cannot_be_changed_or_deleted():
    on("service")

    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        Transition.objects.update(actor="nobody")
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        Transition.objects.all().delete()


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"to_stage": 41}, "stages_known"),
        ({"actor": ""}, "says_who_and_why"),
        ({"reason": ""}, "says_who_and_why"),
    ],
)
def test_database_refuses_changes_that_make_no_sense(changes, constraint):
    move = {"path": "shelf", "version": 1, "actor": "dana", "reason": "why", "at": NOON}
    steps = {"from_stage": Stage.MONOLITH, "to_stage": Stage.SERVICE, "took_microseconds": 1}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Transition.objects.create(**{**move, **steps, **changes})


@pytest.mark.parametrize(
    ("state", "constraint"),
    [
        ({"stage": 41}, "stage_known"),
        ({"canary_bp": 10_001}, "shares_within_whole"),
        ({"hold": "stuck"}, "hold_known"),
    ],
)
def test_database_refuses_a_state_that_is_not_on_the_ladder(state, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PathState.objects.create(path="shelf", changed_at=NOON, **state)


@pytest.mark.django_db(transaction=True)
def test_two_engineers_at_once_carry_out_one_plan_once():
    made = plan()
    start = threading.Barrier(4)
    outcomes = []

    def press():
        start.wait()
        try:
            outcomes.append(advance(made.pk).version)
        except (StateChanged, PlanNotFound):
            outcomes.append("refused")
        finally:
            connection.close()

    pressing = [threading.Thread(target=press) for _ in range(4)]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join()

    assert sorted(outcomes, key=str) == [1, "refused", "refused", "refused"]
    assert Plan.objects.filter(executed_at=None).count() == 0
