from __future__ import annotations

import pytest

from monolith.customers.queries import find_default_address
from tests.factories import HOME, a_country, a_customer, recorded_types
from tests.monolith.problems import invalid_fields, problem_of

pytestmark = pytest.mark.django_db

CUSTOMERS = "/api/v1/customers/"
ME = "/api/v1/customers/me/"
TOKENS = "/api/v1/tokens/"
PASSWORD = "hearts-and-jars"
ALICE = {"email": "Alice@Example.com", "password": PASSWORD, "name": "Alice", "country": HOME}
ADDRESS = {
    "recipient": "Alice",
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 1AA",
    "country": HOME,
}


def test_stranger_registers_signs_in_and_reads_the_account(api):
    a_country()

    registered = api.post(CUSTOMERS, ALICE, format="json")
    signed_in = api.post(
        TOKENS, {"username": "ALICE@example.com", "password": PASSWORD}, format="json"
    )
    api.credentials(HTTP_AUTHORIZATION=f"Token {signed_in.json()['token']}")
    account = api.get(ME)

    assert registered.status_code == 201
    assert "password" not in registered.json()
    assert account.json() == registered.json()
    assert account.json()["email"] == "alice@example.com"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"email": "taken@example.com"}, (409, "email-already-registered")),
        ({"country": "Atlantis"}, (422, "unknown-country")),
    ],
)
def test_refused_registration_says_why(api, change, refusal):
    a_customer(email="taken@example.com")

    response = api.post(CUSTOMERS, {**ALICE, **change}, format="json")

    assert problem_of(response) == refusal
    assert recorded_types() == ["customers.customer_registered.v1"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"name": ""}, "name"),
        ({"country": "x" * 81}, "country"),
    ],
)
def test_unacceptable_registration_names_the_field(api, change, field):
    response = api.post(CUSTOMERS, {**ALICE, **change}, format="json")

    assert invalid_fields(response) == {field}


def test_customer_changes_their_details(api_for):
    customer = a_customer("Alice")

    response = api_for(customer.user).patch(ME, {"name": "Ali", "address": ADDRESS}, format="json")

    assert response.json()["name"] == "Ali"
    address = find_default_address(customer_id=customer.pk)
    assert address is not None
    assert address.city == "Bristol"
    assert recorded_types()[1:] == ["customers.customer_details_changed.v1"]


def test_unacceptable_details_name_the_inner_field(api_for):
    alice = api_for(a_customer("Alice").user)

    response = alice.patch(ME, {"address": {**ADDRESS, "city": ""}}, format="json")

    assert invalid_fields(response) == {"address.city"}


def test_account_needs_a_customer(api, api_for, staff):
    assert problem_of(api.get(ME)) == (401, "unauthorized")
    assert problem_of(api_for(staff()).get(ME)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"username": "alice@example.com", "password": "wrong"}, (401, "unauthorized")),
        ({"username": "bob@example.com", "password": PASSWORD}, (401, "unauthorized")),
        ({"username": "alice@example.com"}, (400, "invalid-input")),
    ],
)
def test_failed_sign_in_is_a_problem(api, given, refusal):
    a_customer("Alice", email="alice@example.com", password=PASSWORD)

    assert problem_of(api.post(TOKENS, given, format="json")) == refusal


def test_somebody_who_left_does_not_sign_in(api, api_for):
    user = a_customer("Alice", email="alice@example.com").user
    assert user is not None
    client = api_for(user)
    user.is_active = False
    user.save()

    signing_in = api.post(TOKENS, {"username": user.username, "password": PASSWORD}, format="json")

    assert problem_of(signing_in) == (401, "unauthorized")
    assert problem_of(client.get(ME)) == (401, "unauthorized")


def test_session_of_the_web_pages_signs_in_too(client):
    client.force_login(a_customer("Alice").user)

    assert client.get(ME).json()["name"] == "Alice"
