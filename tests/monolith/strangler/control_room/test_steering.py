"""Steering a backfill and explaining a disagreement, by forms that need no JavaScript."""

from __future__ import annotations

import pytest
from django.urls import reverse

from monolith.strangler import backfill
from monolith.strangler.models import BackfillRun, Signature, Transition
from tests.factories import NOON
from tests.monolith.strangler.control_room.html_pages import read

pytestmark = pytest.mark.django_db
PATH = "order_history"
WHY = "the peak begins at nine"


def at(name, *arguments):
    return reverse(f"control_room:{name}", args=arguments)


@pytest.fixture
def under_way(paths):
    return BackfillRun.objects.create(path=PATH, started_at=NOON)


@pytest.fixture
def stands(under_way):
    return {name: backfill.read_knob(PATH, name) for name in backfill.KNOBS}


def test_form_shows_how_the_knobs_stand(dana, stands):
    page = dana.get(at("steer-backfill", PATH)).content.decode()

    for name, value in stands.items():
        assert f'name="{name}" value="{value}"' in page


def test_only_what_was_changed_is_turned_and_the_audit_says_by_whom(dana, stands):
    given = {**stands, "nice": "0.5", "hours": "22-6", "reason": WHY}

    response = dana.post(at("steer-backfill", PATH), given)

    (noted,) = Transition.objects.all()
    assert response["Location"] == at("backfill", PATH)
    assert noted.after == {"nice": "0.5", "hours": "22-6"}
    assert (noted.actor, noted.via, noted.reason) == ("dana", "web", WHY)
    assert backfill.read_knob(PATH, "hours") == "22-6"


@pytest.mark.parametrize(("state", "paused_by"), [("pause", "dana"), ("resume", "")])
def test_backfill_waits_and_goes_on(dana, under_way, stands, state, paused_by):
    BackfillRun.objects.update(paused_by="erin" if state == "resume" else "")

    dana.post(at("steer-backfill", PATH), {**stands, "state": state, "reason": WHY})

    under_way.refresh_from_db()
    assert under_way.paused_by == paused_by


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lag": "soon"}, "lag=soon: expected 1 to 86400"),
        ({"nice": "2", "reason": ""}, "This field is required."),
        ({}, "everything stands as it did: nothing to do"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_turned(dana, stands, change, said):
    response = dana.post(at("steer-backfill", PATH), {**stands, "reason": WHY, **change})

    assert response.status_code == 422
    assert said in read(response).said()
    assert not Transition.objects.exists()


def test_there_is_nothing_to_steer_where_no_backfill_is_under_way(dana, paths):
    assert dana.get(at("steer-backfill", PATH))["Location"] == at("backfill", PATH)
    assert dana.get(at("steer-backfill", "attic")).status_code == 404


@pytest.fixture
def signature(paths):
    return Signature.objects.create(
        path=PATH, digest="0f" * 8, outcome="wrong", places=["orders[].status"], count=3,
        subjects=[], first_at=NOON, last_at=NOON,
    )  # fmt: skip


def test_disagreement_is_explained_for_good(dana, signature):
    given = {"reason": "an old import wrote it in capitals", "owner": "erin"}

    response = dana.post(at("explain-signature", PATH, signature.pk), given)

    signature.refresh_from_db()
    (noted,) = Transition.objects.all()
    assert response["Location"] == at("signature", PATH, signature.pk)
    assert (signature.status, signature.owner) == ("explained", "erin")
    assert (noted.kind, noted.actor, noted.via) == ("explain", "dana", "web")


def test_explanation_says_something(dana, signature):
    response = dana.post(
        at("explain-signature", PATH, signature.pk), {"reason": "fine", "owner": "erin"}
    )

    assert response.status_code == 422
    signature.refresh_from_db()
    assert signature.status == "open"


@pytest.mark.parametrize("name", ["steer-backfill", "explain-signature"])
def test_whoever_may_not_operate_is_refused_and_told_so(signed_in, under_way, signature, name):
    onlooker = signed_in("view_control_room", name="kim")
    arguments = (PATH, signature.pk) if name == "explain-signature" else (PATH,)
    page = "signature" if name == "explain-signature" else "backfill"

    assert onlooker.post(at(name, *arguments), {"reason": WHY}).status_code == 403
    said = read(onlooker.get(at(page, *arguments))).said()
    assert "you need the permission operate_paths" in said
    assert not Transition.objects.exists()
