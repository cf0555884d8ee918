"""Plans, approvals, advances and holds: what is asked of the operations, and what refusals say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from monolith.strangler import mismatches
from monolith.strangler.gates import gating
from monolith.strangler.gates.verdicts import Verdict
from monolith.strangler.models import PathState, Plan, Sample, Transition
from monolith.strangler.operations import (
    AdvanceRefused,
    ApprovalNeeded,
    ReasonMissing,
    StateChanged,
)
from tests.factories import NOON
from tests.monolith.strangler.control_room.conftest import EVERY_PERMISSION
from tests.monolith.strangler.control_room.html_pages import read

pytestmark = pytest.mark.django_db
PATH = "order_history"
WHY = "peak passed without a wrong answer"
BY_DANA = {"actor": "dana", "via": "web", "reason": WHY, "at": NOON}


def at(name, *arguments):
    return reverse(f"control_room:{name}", args=arguments)


@pytest.fixture
def plan(seeded):
    return Plan.objects.get(path=PATH)


@pytest.fixture
def last_plan(seeded):
    return Plan.objects.get(path="sales_insights")


def test_plan_is_written_down_for_the_next_rung(seeded, dana, operators):
    operators.refusal = AdvanceRefused("only noting")
    dana.post(at("advance", PATH))

    asked = {"path": PATH, "to_rung": "canary-50", "actor": "dana", "at": NOON}
    assert operators.asked == [("plan", asked)]


def test_plan_may_reach_further_up(seeded, dana, operators):
    operators.refusal = AdvanceRefused("only noting")
    dana.post(at("advance", PATH), {"to": "service"})

    assert operators.asked[0][1]["to_rung"] == "service"


def test_plan_leads_to_its_page(seeded, dana):
    response = dana.post(at("advance", PATH))

    planned = Plan.objects.latest("pk")
    assert response["Location"] == at("plan", PATH, planned.pk)


def test_preview_tells_what_changes_and_for_whom(seeded, dana):
    said = read(dana.get(at("advance", PATH))).said()

    assert "customers whom the service answers 25 % 50 %" in said
    assert "about 248 of 496 customers seen in the last 24 h" in said
    assert "manage.py strangler rollback order_history --reason ..." in said
    assert "passed, 23 Feb" in said
    assert "As things are it cannot be carried out: F1 bake INCONCLUSIVE." in said


def test_approval_is_given_with_a_reason(plan, signed_in, operators):
    response = signed_in("approve_plans", name="sam").post(
        at("approve", PATH, plan.pk), {"reason": WHY}
    )

    asked = {"plan_id": plan.pk, "actor": "sam", "reason": WHY, "at": NOON}
    assert operators.asked == [("approve", asked)]
    assert response.status_code == 302


def test_nobody_is_offered_to_approve_what_they_asked_for(plan, dana):
    said = read(dana.get(at("plan", PATH, plan.pk))).said()

    assert "You asked for this plan: somebody else approves it." in said


def test_refused_approval_says_why(plan, dana, operators):
    operators.refusal = ApprovalNeeded("somebody else approves it")
    sam_page = dana.post(at("approve", PATH, plan.pk), {"reason": WHY})

    assert sam_page.status_code == 422


def test_plan_is_carried_out_from_the_version_that_was_seen(plan, dana, operators):
    response = dana.post(
        at("carry-out", PATH, plan.pk),
        {"reason": WHY, "ticket": "SHOP-418", "expected_version": "7"},
    )

    asked = {"plan_id": plan.pk, "ticket": "SHOP-418", "expected_version": 7, **BY_DANA}
    assert operators.asked == [("advance", asked)]
    assert response["Location"] == at("path", PATH)


def test_form_carries_the_version_of_the_plan(plan, dana):
    page = dana.get(at("plan", PATH, plan.pk)).content.decode()

    assert 'name="expected_version" value="7"' in page


@pytest.mark.parametrize("reason", ["", "   ", "too short"])
def test_advance_needs_a_reason_that_says_something(plan, dana, operators, reason):
    response = dana.post(
        at("carry-out", PATH, plan.pk), {"reason": reason, "expected_version": "7"}
    )

    assert response.status_code == 422
    assert operators.asked == []
    assert read(response).wrongs() == []


@pytest.mark.parametrize("name", ["", "order_history", "sales-insights"])
def test_high_up_the_name_of_the_path_has_to_be_typed(last_plan, dana, operators, name):
    response = dana.post(
        at("carry-out", "sales_insights", last_plan.pk),
        {"reason": WHY, "expected_version": "9", "name": name},
    )

    assert response.status_code == 422
    assert operators.asked == []


def test_name_that_was_typed_is_enough(last_plan, dana, operators):
    dana.post(
        at("carry-out", "sales_insights", last_plan.pk),
        {"reason": WHY, "expected_version": "9", "name": "sales_insights"},
    )

    assert [name for name, _ in operators.asked] == ["advance"]


@pytest.mark.parametrize("refusal", [AdvanceRefused, ApprovalNeeded])
def test_refusal_is_told_over_the_form_and_what_was_typed_stays(plan, dana, operators, refusal):
    operators.refusal = refusal("two approvals are needed <b>")

    response = dana.post(
        at("carry-out", PATH, plan.pk), {"reason": WHY, "ticket": "T-1", "expected_version": "7"}
    )

    assert response.status_code == 422
    assert "two approvals are needed &lt;b&gt;" in response.content.decode()
    assert WHY in response.content.decode()


def test_missing_reason_is_told_even_if_the_form_let_it_pass(seeded, dana, operators):
    operators.refusal = ReasonMissing()

    response = dana.post(at("kill", PATH), {"reason": "..."})

    assert response.status_code == 422
    assert "say why" in response.content.decode()


@pytest.mark.parametrize("deed", ["carry-out", "roll-back"])
def test_whoever_was_slower_is_told_who_changed_what(plan, dana, operators, deed):
    Transition.objects.create(
        path=PATH, version=8, kind="roll-back", from_stage=30, to_stage=20, actor="sam",
        reason="customers complain", at=NOON - timedelta(minutes=3), took_microseconds=1,
        before={"rung": "canary-25"}, after={"rung": "shadow-100"},
    )  # fmt: skip
    operators.refusal = StateChanged(PATH, 7, 8)
    address = at(deed, PATH, plan.pk) if deed == "carry-out" else at(deed, PATH)

    response = dana.post(address, {"reason": WHY, "expected_version": "7", "to_rung": "canary-5"})

    assert response.status_code == 409
    said = read(response).said()
    assert "sam, 3 min ago: roll-back: canary-25 → shadow-100 (version 8)" in said
    assert "customers complain" in said


def test_plan_whose_path_has_moved_says_so(plan, dana):
    PathState.objects.filter(path=PATH).update(version=8)

    assert "The path has changed since." in read(dana.get(at("plan", PATH, plan.pk))).said()


def test_plan_that_is_over_cannot_be_carried_out_again(plan, dana):
    Plan.objects.filter(pk=plan.pk).update(executed_at=NOON)

    page = read(dana.get(at("plan", PATH, plan.pk)))

    assert "Over." in page.said()
    assert page.buttons == []


def test_roll_back_goes_one_rung_down_unless_told_otherwise(seeded, dana, operators):
    page = dana.get(at("roll-back", PATH)).content.decode()
    dana.post(
        at("roll-back", PATH), {"reason": WHY, "to_rung": "shadow-100", "expected_version": "7"}
    )

    assert page.index(">canary-5</option>") < page.index(">canary-1</option>")
    assert page.index(">canary-1</option>") < page.index(">monolith</option>")
    asked = {"path": PATH, "to_rung": "shadow-100", "expected_version": 7, **BY_DANA}
    assert operators.asked == [("roll_back", asked)]


def test_path_at_the_bottom_cannot_be_rolled_back(seeded, dana):
    response = dana.get(at("roll-back", "customer_summary"))

    assert response["Location"] == at("path", "customer_summary")


@pytest.mark.parametrize(("hours", "until"), [("2", NOON + timedelta(hours=2)), ("", None)])
def test_pause_lasts_as_long_as_was_chosen(seeded, dana, operators, hours, until):
    dana.post(at("pause", PATH), {"reason": WHY, "hours": hours})

    assert operators.asked == [("pause", {"path": PATH, "until": until, **BY_DANA})]


@pytest.mark.parametrize(
    ("deed", "arguments", "path"),
    [
        ("resume", [PATH], PATH),
        ("kill", [PATH], PATH),
        ("unkill", [PATH], PATH),
        ("kill-all", [], "all"),
        ("unkill-all", [], "all"),
    ],
)
def test_holds_are_asked_for_by_name(seeded, dana, operators, deed, arguments, path):
    response = dana.post(at(deed, *arguments), {"reason": WHY})

    asked = {"path": path, **BY_DANA}
    assert operators.asked == [(deed.removesuffix("-all"), asked)]
    assert response["Location"] == (at("overview") if path == "all" else at("path", path))


def test_kill_is_done_from_the_page_and_shows_everywhere(seeded, dana):
    dana.post(at("kill-all"), {"reason": "everything is on fire"})

    said = read(dana.get(at("overview"))).said()
    assert "Everything is killed." in said
    assert "Lift the kill of everything…" in said
    assert PathState.objects.get(path="all").is_killed


def test_values_are_revealed_for_a_reason_and_kept_by_nobody(seeded, dana, monkeypatch):
    sample, looks = Sample.objects.get(), []

    def reveal(**given):
        looks.append(given)
        return {"total": "<b>£4.20</b>"}

    monkeypatch.setattr(mismatches, "reveal", reveal)

    response = dana.post(at("reveal", "order_detail", sample.pk), {"reason": WHY})

    assert looks == [{"sample_id": sample.pk, "by": "dana", "reason": WHY, "at": NOON}]
    assert "&lt;b&gt;£4.20&lt;/b&gt;" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_values_are_not_revealed_without_a_reason(seeded, dana, monkeypatch):
    monkeypatch.setattr(mismatches, "reveal", lambda **_: pytest.fail("revealed"))

    response = dana.post(at("reveal", "order_detail", Sample.objects.get().pk), {"reason": "hm"})

    assert response.status_code == 422


def test_sample_of_another_path_is_not_found(seeded, dana):
    assert dana.get(at("reveal", PATH, Sample.objects.get().pk)).status_code == 404


@pytest.fixture
def _earned(monkeypatch):
    """Whatever the gates would say, the path has earned its next rung."""

    def may_advance(path, *, at, to=None):
        evaluated = gating.Evaluated(
            id=1, path=path, rung=to, epoch=1, profile="standard", verdict=Verdict.PASS,
            results=(), at=at,
        )  # fmt: skip
        return gating.Permission(is_given=True, reasons=(), passes=3, evaluated=evaluated)

    monkeypatch.setattr(gating, "may_advance", may_advance)


@pytest.mark.usefixtures("_earned")
def test_two_people_take_a_path_up(seeded, signed_in):
    dana = signed_in(*EVERY_PERMISSION)
    sam = signed_in("approve_plans", name="sam")
    page = dana.post(at("advance", "customer_summary"))["Location"]
    sam.post(f"{page}approve/", {"reason": WHY})

    moved = dana.post(f"{page}carry-out/", {"reason": WHY, "expected_version": "0"}, follow=True)

    assert "customer_summary goes from monolith to backfill" in read(moved).said()
