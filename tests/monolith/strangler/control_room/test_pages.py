"""Every page, full and empty: well formed, labelled, honest about what is missing, and escaped."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from monolith.strangler.control_room import mismatch_pages
from monolith.strangler.models import (
    PathState,
    Plan,
    ReadRecord,
    Sample,
    Signature,
    Transition,
)
from monolith.strangler.state import audit
from tests.factories import NOON
from tests.monolith.strangler.control_room.html_pages import read

pytestmark = pytest.mark.django_db
OF_EVERYTHING = [
    "overview",
    "overview-live",
    "approvals",
    "audit",
    "rules",
    "drills",
    "explain",
    "kill-all",
    "unkill-all",
]
OF_A_PATH = [
    "path",
    "path-live",
    "advance",
    "pause",
    "resume",
    "kill",
    "unkill",
    "mismatches",
    "backfill",
    "backfill-live",
    "reconcile",
]
HOSTILE = '"><script>alert(1)</script><b id="x">'


def at(name, *arguments):
    return reverse(f"control_room:{name}", args=arguments)


def every_address(paths):
    yield from (at(name) for name in OF_EVERYTHING)
    yield from (at(name, path) for name in OF_A_PATH for path in paths)


def test_every_page_is_well_formed_with_rows(seeded, dana):
    addresses = [
        *every_address(seeded),
        *(at("plan", plan.path, plan.pk) for plan in Plan.objects.all()),
        *(at("signature", row.path, row.pk) for row in Signature.objects.all()),
        *(at("reveal", row.signature.path, row.pk) for row in Sample.objects.all()),
        at("roll-back", "order_history"),
        f"{at('explain')}?path=order_history&subject=42",
        f"{at('explain')}?request_id=r7",
        f"{at('audit')}?path=order_history&page=2",
        f"{at('mismatches', 'order_detail')}?kind=wrong",
        f"{at('advance', 'order_history')}?to=service",
    ]

    for address in addresses:
        response = dana.get(address)
        assert response.status_code == 200, address
        assert read(response).wrongs() == [], address


def test_both_forms_of_a_plan_are_well_formed_side_by_side(seeded, signed_in):
    sam = signed_in("approve_plans", "operate_paths", name="sam")

    for plan in Plan.objects.all():
        page = read(sam.get(at("plan", plan.path, plan.pk)))
        assert page.wrongs() == []
        assert len(page.buttons) == 2


def test_every_page_is_well_formed_without_rows(paths, dana):
    for address in every_address(paths):
        response = dana.get(address)
        assert response.status_code == 200, address
        assert read(response).wrongs() == [], address


def test_pages_without_rows_say_no_data_and_never_nought(paths, dana):
    for name in ("overview", "path", "mismatches", "backfill", "reconcile", "rules", "drills"):
        said = read(
            dana.get(at(name, *([] if name in OF_EVERYTHING else ["order_history"])))
        ).said()

        assert "no data" in said, name
        assert not re.search(r"\bn 0\b|nan\b|None", said), name


def test_every_link_of_the_overview_and_of_a_path_leads_somewhere(seeded, dana):
    pages = [at("overview"), at("path", "order_detail"), at("path", "order_history")]
    links = {link for page in pages for link in read(dana.get(page)).links}

    for link in sorted(link for link in links if link.startswith("/ops/")):
        assert dana.get(link).status_code == 200, link


def test_unknown_paths_and_rungs_are_not_found(paths, dana):
    for name in OF_A_PATH:
        assert dana.get(at(name, "nobody_knows")).status_code == 404, name
    assert dana.get(at("roll-back", "nobody_knows")).status_code == 404
    assert dana.get(f"{at('advance', 'order_history')}?to=canary-3").status_code == 404


def test_what_people_wrote_is_escaped_wherever_it_is_shown(seeded, dana):
    PathState.objects.filter(path="order_history").update(
        hold="paused", hold_by=HOSTILE, hold_reason=HOSTILE
    )
    Transition.objects.create(
        path="order_history", version=99, from_stage=30, to_stage=30, actor=HOSTILE,
        reason=HOSTILE, ticket=HOSTILE, evidence={"why": HOSTILE}, at=NOON, took_microseconds=1,
    )  # fmt: skip
    Signature.objects.update(places=[HOSTILE], owner=HOSTILE, note=HOSTILE)
    Sample.objects.update(query=HOSTILE, differences=[{HOSTILE: HOSTILE}], looks=[HOSTILE])
    ReadRecord.objects.update(reason=HOSTILE[:60], facts={HOSTILE: HOSTILE})
    addresses = [
        at("overview"),
        at("path", "order_history"),
        at("resume", "order_history"),
        at("mismatches", "order_detail"),
        at("audit"),
        f"{at('explain')}?path=order_history&subject=42",
        *(at("signature", row.path, row.pk) for row in Signature.objects.all()),
        f"{at('explain')}?path=order_history&subject={HOSTILE}",
        f"{at('mismatches', 'order_detail')}?kind={HOSTILE}",
        f"{at('audit')}?path={HOSTILE}",
    ]

    for address in addresses:
        response = dana.get(address)
        assert b"<script>alert" not in response.content, address
        assert read(response).wrongs() == [], address


def test_ticket_that_is_no_address_is_no_link(seeded, dana):
    Transition.objects.create(
        path="order_history", version=98, from_stage=30, to_stage=30, actor="dana", reason="why",
        ticket="javascript:alert(1)", at=NOON, took_microseconds=1,
    )  # fmt: skip

    links = read(dana.get(at("path", "order_history"))).links

    assert not [link for link in links if link.startswith("javascript")]


def test_demo_profile_says_so_on_every_page(seeded, dana, settings):
    settings.STRANGLER_PROFILE = "demo"

    for address in (at("overview"), at("path", "order_history"), at("audit"), at("kill-all")):
        assert "what passes here proves nothing" in read(dana.get(address)).said(), address


def test_other_profiles_do_not(seeded, dana):
    assert "proves nothing" not in read(dana.get(at("overview"))).said()


def test_path_tells_who_why_and_how_quickly(seeded, dana):
    said = read(dana.get(at("path", "order_history"))).said()

    assert "by dana: “peak passed clean” SHOP-418" in said
    assert "in force on 8 workers at v" in said
    assert "F1 bake INCONCLUSIVE" in said
    assert "needs ~7,792 more reads" in said


def test_buttons_that_cannot_be_pressed_say_why(seeded, dana):
    assert "paused by sam: resume first" in read(dana.get(at("path", "order_detail"))).said()
    assert "the monolith answers already" in read(dana.get(at("path", "customer_summary"))).said()


def test_chain_that_is_broken_is_told_first(seeded, dana, monkeypatch):
    monkeypatch.setattr(audit, "verify", lambda: ["row 7 is not what it was"])

    said = read(dana.get(at("audit"))).said()

    assert "The chain is broken. row 7 is not what it was" in said
    assert "nobody changed the past" not in said


def test_audit_is_exported_whole_and_no_cell_is_a_formula(seeded, dana):
    Transition.objects.filter(path="order_history").count()
    Transition.objects.create(
        path="order_history", version=97, from_stage=30, to_stage=30, actor="dana",
        reason="=HYPERLINK(1)", at=NOON, took_microseconds=1,
    )  # fmt: skip

    rows = b"".join(dana.get(at("audit-csv")).streaming_content).decode().splitlines()
    lines = b"".join(dana.get(at("audit-json")).streaming_content).decode().splitlines()

    assert len(rows) == Transition.objects.count() + 1
    assert len(lines) == Transition.objects.count()
    assert "'=HYPERLINK(1)" in rows[-1]
    assert '"reason": "=HYPERLINK(1)"' in lines[-1]


def test_request_is_explained_by_its_id(seeded, dana):
    said = read(dana.get(f"{at('explain')}?request_id=r7")).said()

    assert "service, because cohort; as of version 8123, 61 ms" in said
    assert "bucket 1834" in said


def test_decision_is_explained_rule_by_rule(seeded, dana):
    said = read(dana.get(f"{at('explain')}?path=order_history&subject=42")).said()

    assert "kill-switch nothing to say" in said
    assert "cohort" in said


def test_more_signatures_than_are_shown_are_told(seeded, dana, monkeypatch):
    monkeypatch.setattr(mismatch_pages, "_MOST", 1)

    said = read(dana.get(at("mismatches", "order_detail"))).said()

    assert "the first 200 are shown" in said
