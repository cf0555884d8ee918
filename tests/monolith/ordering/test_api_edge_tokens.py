"""Tokens for reading one's orders from the service, as a program asks for them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from event_contracts.edge_tokens import take_apart
from monolith.strangler import edge
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import PathState
from tests.factories import a_customer
from tests.monolith.problems import invalid_fields, problem_of
from tests.monolith.strangler.signers import AbsentSigner, ReadableSigner

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/edge-tokens/"
ADDRESS = "https://edge.example/edge/order_history"


@pytest.fixture
def alice():
    return a_customer("Alice")


@pytest.fixture
def alices_api(api_for, alice):
    return api_for(alice.user)


@pytest.fixture(autouse=True)
def _deployed(settings, monkeypatch):
    settings.STRANGLER_EDGE_URLS = {"order_history": ADDRESS}
    settings.STRANGLER_EDGE_KEY = "key-1"
    monkeypatch.setattr(edge.tokens, "KmsSigner", lambda _key_id: ReadableSigner())


def stand_at(stage):
    PathState.objects.create(path="order_history", stage=stage, changed_at=timezone.now())


def test_a_customer_gets_a_token_for_themselves(alices_api, alice):
    stand_at(Stage.RETIRED)

    answer = alices_api.post(TOKENS, {"path": "order_history"}, format="json")

    given = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert given["address"] == ADDRESS
    assert take_apart(given["token"]).claims.sub == str(alice.pk)
    assert given["expires_at"]


def test_whoever_the_request_names_the_token_is_for_the_caller(alices_api, alice):
    stand_at(Stage.RETIRED)
    asked = {"path": "order_history", "customer_id": 1, "sub": "1", "subject": "1"}

    given = alices_api.post(TOKENS, asked, format="json").json()

    assert take_apart(given["token"]).claims.sub == str(alice.pk)


def test_before_retirement_the_answer_says_where_to_read(alices_api):
    stand_at(Stage.SERVICE)

    answer = alices_api.post(TOKENS, {"path": "order_history"}, format="json")

    assert problem_of(answer) == (409, "not-at-the-edge")
    assert answer.json()["read_at"] == "/api/v1/orders/"
    assert "stands at service" in answer.json()["detail"]


def test_an_unknown_path_is_not_found(alices_api):
    answer = alices_api.post(TOKENS, {"path": "attic"}, format="json")

    assert problem_of(answer) == (404, "path-not-declared")


def test_a_malformed_path_is_named(alices_api):
    answer = alices_api.post(TOKENS, {"path": "x" * 81}, format="json")

    assert invalid_fields(answer) == {"path"}


def test_a_stranger_gets_no_token(api):
    stand_at(Stage.RETIRED)

    assert problem_of(api.post(TOKENS, {}, format="json"))[0] == 401


def test_staff_without_a_customer_number_get_no_token(api_for, staff):
    stand_at(Stage.RETIRED)

    assert problem_of(api_for(staff()).post(TOKENS, {}, format="json"))[0] == 403


def test_when_nobody_can_sign_the_client_may_try_again(alices_api, monkeypatch):
    stand_at(Stage.RETIRED)
    monkeypatch.setattr(edge.tokens, "KmsSigner", lambda _key_id: AbsentSigner())

    answer = alices_api.post(TOKENS, {}, format="json")

    assert problem_of(answer) == (503, "signing-unavailable")


def test_no_log_holds_a_token(alices_api, capsys, caplog):
    stand_at(Stage.RETIRED)

    given = alices_api.post(TOKENS, {}, format="json").json()

    written = capsys.readouterr()
    logged = written.out + written.err + caplog.text
    assert not [part for part in given["token"].split(".") if part in logged]
