"""Who may see and do what, page by page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from monolith.strangler.models import Plan, Sample
from tests.monolith.strangler.control_room.conftest import EVERY_PERMISSION
from tests.monolith.strangler.control_room.html_pages import read

pytestmark = pytest.mark.django_db
OPERATE, APPROVE, KILL, REVEAL = EVERY_PERMISSION[1:]
LOOKED_AT = ["overview", "overview-live", "approvals", "audit", "rules", "drills", "explain"]
LOOKED_AT_OF_A_PATH = ["path", "path-live", "mismatches", "backfill", "backfill-live", "reconcile"]
DONE_WITH = {
    "advance": {OPERATE},
    "pause": {OPERATE},
    "resume": {OPERATE},
    "roll-back": {OPERATE, KILL},
    "kill": {KILL},
    "unkill": {APPROVE},
}


def at(name, *arguments):
    return reverse(f"control_room:{name}", args=arguments)


def pages():
    return [
        *(at(name) for name in LOOKED_AT),
        *(at(name, "order_history") for name in LOOKED_AT_OF_A_PATH),
        at("audit-csv"),
        at("audit-json"),
    ]


def deeds():
    plan, sample = Plan.objects.get(path="order_history"), Sample.objects.get()
    return {
        **{at(name, "order_history"): allowed for name, allowed in DONE_WITH.items()},
        at("kill-all"): {KILL},
        at("unkill-all"): {APPROVE},
        at("approve", "order_history", plan.pk): {APPROVE},
        at("carry-out", "order_history", plan.pk): {OPERATE},
        at("reveal", "order_detail", sample.pk): {REVEAL},
    }


def test_strangers_are_asked_to_sign_in(seeded):
    for address in [*pages(), *deeds()]:
        response = Client().get(address)
        assert response.status_code in {302, 405}, address
        if response.status_code == 302:
            assert response["Location"].startswith("/account/sign-in/"), address


def test_strangers_may_post_nothing(seeded, operators):
    for address in deeds():
        assert Client().post(address, {"reason": "because I can"}).status_code == 302, address
    assert operators.asked == []


def test_customers_see_nothing(seeded, signed_in):
    customer = signed_in()

    for address in pages():
        assert customer.get(address).status_code == 403, address


@pytest.mark.parametrize("permission", EVERY_PERMISSION)
def test_whoever_may_do_anything_may_look(seeded, signed_in, permission):
    browser = signed_in(permission)

    for address in pages():
        assert browser.get(address).status_code == 200, address


@pytest.mark.parametrize("permission", EVERY_PERMISSION)
def test_each_deed_needs_its_own_permission(seeded, signed_in, operators, permission):
    browser = signed_in(permission)

    for address, allowed in deeds().items():
        status = browser.post(address, {"reason": ""}).status_code
        # Without a reason nothing is done, but the form comes back for those who may.
        assert status == (403 if permission not in allowed else status), address
        assert (status == 403) == (permission not in allowed), address
    asked = {name for name, _ in operators.asked}
    assert asked <= {"plan"}


def test_deeds_need_the_token_of_the_form(seeded, signed_in, operators):
    browser = signed_in(*EVERY_PERMISSION)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies

    for address in deeds():
        response = strict.post(address, {"reason": "a reason of some length"})
        assert response.status_code == 403, address
    assert operators.asked == []


def test_deeds_are_not_done_by_looking(seeded, dana, operators):
    for address in deeds():
        assert dana.get(address).status_code in {200, 405}, address
    assert operators.asked == []


def test_buttons_name_the_permission_that_is_missing(seeded, signed_in):
    page = read(signed_in("view_control_room").get(at("path", "order_history")))

    assert "you need the permission operate_paths" in page.said()
    assert "you need the permission kill_paths or operate_paths" in page.said()
    assert len([button for button in page.buttons if "disabled" in button]) == 4
    assert not [link for link in page.links if link and link.endswith(("/kill/", "/roll-back/"))]
