from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.urls import get_resolver
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from monolith.catalogue import operations as catalogue
from monolith.config.problems import STATUS_OF
from monolith.customers import operations as customers
from monolith.ordering import operations as ordering
from monolith.strangler import routing
from tests.factories import a_customer
from tests.monolith.problems import problem_of

if TYPE_CHECKING:
    from types import ModuleType

PRODUCTS = "/api/v1/products/"
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture(scope="module")
def document():
    """The OpenAPI document, by the command that refuses warnings and invalid ones."""
    written = io.StringIO()
    call_command(
        "spectacular",
        validate=True,
        fail_on_warn=True,
        stdout=written,
    )
    return yaml.safe_load(written.getvalue())


def operations_of(document) -> dict[str, Any]:
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


def errors_of(module: ModuleType) -> set[type[Exception]]:
    named = (getattr(module, name) for name in module.__all__)
    return {item for item in named if isinstance(item, type) and issubclass(item, Exception)}


@pytest.mark.parametrize("module", [catalogue, customers, ordering])
def test_every_domain_error_has_a_status(module):
    assert errors_of(module) <= set(STATUS_OF)


@pytest.mark.parametrize("path", ["nothing/", "products/MUG/colour/", "baskets/not-a-uuid/", ""])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_address_is_a_problem(api, path, method):
    response = getattr(api, method)(f"/api/v1/{path}")

    assert problem_of(response) == (404, "not-found")


def test_malformed_json_is_a_problem(api):
    response = api.post("/api/v1/customers/", "{", content_type="application/json")

    assert problem_of(response) == (400, "bad-request")


def test_other_content_types_are_a_problem(api):
    response = api.post("/api/v1/customers/", "a=1", content_type="text/plain")

    assert problem_of(response) == (415, "unsupported-media-type")


def test_other_answers_than_json_cannot_be_had(api):
    response = api.get(PRODUCTS, headers={"Accept": "text/html"})

    assert problem_of(response) == (406, "not-acceptable")


def test_wrong_method_is_a_problem_that_names_the_right_ones(api):
    response = api.put("/api/v1/customers/", {}, format="json")

    assert problem_of(response) == (405, "method-not-allowed")
    assert response.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.django_db
def test_unknown_token_is_a_problem_that_says_how_to_sign_in():
    client = APIClient(headers={"Authorization": "Token unknown"})

    response = client.get(PRODUCTS)

    assert problem_of(response) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == "Token"


@pytest.mark.django_db
def test_session_without_csrf_token_writes_nothing():
    client = APIClient(enforce_csrf_checks=True)
    user = a_customer().user
    assert user is not None
    client.force_login(user)

    response = client.patch("/api/v1/customers/me/", {"name": "Mallory"}, format="json")

    assert problem_of(response) == (403, "forbidden")


@pytest.mark.django_db
def test_too_many_requests_are_told_when_to_come_back(api, monkeypatch):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", "2/min")

    statuses = [api.get(PRODUCTS).status_code for _ in range(2)]
    refused = api.get(PRODUCTS)

    assert statuses == [200, 200]
    assert problem_of(refused) == (429, "too-many-requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["tokens/", "nothing/"])
def test_guessing_is_throttled(api, monkeypatch, address):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", "1/min")
    guess = {"username": "alice@example.com", "password": "guess"}

    first = api.post(f"/api/v1/{address}", guess, format="json")
    second = api.post(f"/api/v1/{address}", guess, format="json")

    assert first.status_code != 429
    assert problem_of(second) == (429, "too-many-requests")


@pytest.fixture
def broken_catalogue(monkeypatch):
    def break_down(*_asked):
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr(routing, "answer", break_down)


def test_unexpected_error_is_a_problem_without_its_words(broken_catalogue, caplog):
    client = APIClient(raise_request_exception=False)

    response = client.get(PRODUCTS)

    assert problem_of(response) == (500, "internal-server-error")
    assert "secret words" not in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_unexpected_error_is_logged_and_signalled(broken_catalogue, caplog):
    told = []
    got_request_exception.connect(lambda **_: told.append("told"), weak=False, dispatch_uid="t")

    APIClient(raise_request_exception=False).get(PRODUCTS)

    got_request_exception.disconnect(dispatch_uid="t")
    failures = [record for record in caplog.records if record.levelname == "ERROR"]
    assert told == ["told"]
    assert "secret words" in str(failures[0].msg)


def test_document_covers_every_address(document):
    patterns = get_resolver("monolith.config.api_urls").url_patterns
    # Of the last one only services know, out of event_contracts/order_confirmation.py.
    not_for_customers = {None, "schema", "order-to-confirm"}
    names = {getattr(pattern, "name", None) for pattern in patterns} - not_for_customers

    assert len(document["paths"]) == len(names)


def test_operations_have_readable_names(document):
    assert {"place_order", "cancel_order", "list_products", "get_token", "check_out"} <= set(
        operations_of(document)
    )
    assert all(name.islower() for name in operations_of(document))


def test_every_operation_documents_its_refusals(document):
    for name, operation in operations_of(document).items():
        refusals = {status for status in operation["responses"] if status >= "400"}

        assert {"401", "429", "500"} <= refusals, name
        assert operation["responses"]["429"]["content"] == PROBLEM


def test_commands_document_bad_input_and_conflicts(document):
    responses = operations_of(document)["place_order"]["responses"]

    assert set(responses) == {"201", "400", "401", "403", "404", "409", "422", "429", "500"}


def test_document_says_how_to_sign_in(document):
    assert {"tokenAuth", "cookieAuth"} <= set(document["components"]["securitySchemes"])
    assert "/problems/out-of-stock" in document["info"]["description"]


def test_document_is_served(api, document):
    response = api.get("/api/v1/schema/", headers={"Accept": "application/json"})

    assert json.loads(response.content) == document
