from __future__ import annotations

import pytest
from django.urls import reverse

from monolith.customers.models import Customer
from monolith.customers.operations import AddressDetails, change_details
from monolith.customers.queries import find_default_address, get_customer
from tests.factories import HOME, NOON, a_country, a_customer

pytestmark = pytest.mark.django_db

PASSWORD = "hearts-and-jars"
SIGN_IN = reverse("customers:sign-in")
REGISTER = reverse("customers:register")
DETAILS = reverse("customers:details")


@pytest.fixture
def alice(client):
    customer = a_customer("Alice", email="alice@example.com", password=PASSWORD)
    client.force_login(customer.user)
    return customer


def registration(**changes):
    given = {
        "name": "Grace",
        "email": "Grace@Example.com",
        "country": a_country(),
        "password": PASSWORD,
    }
    return {**given, **changes}


def an_address(**changes):
    given = {
        "recipient": "Alice",
        "line1": "1 Quay Street",
        "line2": "",
        "city": "Bristol",
        "postcode": "BS1 1AA",
        "country": HOME,
    }
    return {**given, **changes}


def test_visitor_opens_an_account_and_is_signed_in(client):
    response = client.post(REGISTER, registration(), follow=True)

    assert Customer.objects.get().email == "grace@example.com"
    assert response.redirect_chain == [(reverse("ordering:my-orders"), 302)]
    assert "Welcome, Grace." in response.content.decode()


def test_new_customer_goes_on_where_they_were(client):
    response = client.post(REGISTER, registration(next="/orders/check-out/"))

    assert response["Location"] == "/orders/check-out/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/"])
def test_nobody_is_sent_to_another_site(client, elsewhere):
    response = client.post(REGISTER, registration(next=elsewhere))

    assert response["Location"] == reverse("ordering:my-orders")


def test_email_that_is_taken_is_told_at_its_field(client):
    a_customer(email="grace@example.com")

    response = client.post(REGISTER, registration())

    assert "already" in response.context["form"].errors["email"][0]
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("password", "password"), ("password", "short"), ("country", "Narnia"), ("email", "grace")],
)
def test_registration_with_a_wrong_field_is_refused_there(client, field, value):
    response = client.post(REGISTER, registration(**{field: value}))

    assert list(response.context["form"].errors) == [field]
    assert not Customer.objects.exists()


def test_customer_signs_in_with_the_email_in_any_case(client):
    a_customer(email="alice@example.com", password=PASSWORD)

    response = client.post(SIGN_IN, {"username": "Alice@Example.com", "password": PASSWORD})

    assert response["Location"] == reverse("ordering:my-orders")


def test_wrong_password_is_refused_without_saying_who_exists(client):
    a_customer(email="alice@example.com", password=PASSWORD)

    wrong = client.post(SIGN_IN, {"username": "alice@example.com", "password": "jars"})
    unknown = client.post(SIGN_IN, {"username": "bob@example.com", "password": "jars"})

    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert "do not belong together" in wrong.content.decode()


def test_customer_signs_out_by_post_only(client, alice):
    assert client.get(reverse("customers:sign-out")).status_code == 405

    response = client.post(reverse("customers:sign-out"))

    assert response["Location"] == reverse("catalogue:browse")
    assert client.get(DETAILS).status_code == 302


def test_stranger_is_asked_to_sign_in_before_the_details(client):
    assert client.get(DETAILS)["Location"] == f"{SIGN_IN}?next={DETAILS}"


def test_customer_sees_the_details_as_they_are(client, alice):
    address = AddressDetails(**an_address(city="Bath"))
    change_details(customer_id=alice.pk, address=address, changed_at=NOON)

    form = client.get(DETAILS).context["form"]

    assert (form["name"].value(), form["city"].value()) == ("Alice", "Bath")


def test_customer_changes_name_and_address(client, alice):
    response = client.post(DETAILS, {"name": "Alice B", "home": HOME, **an_address()})

    address = find_default_address(customer_id=alice.pk)
    assert response["Location"] == DETAILS
    assert get_customer(customer_id=alice.pk).name == "Alice B"
    assert address is not None
    assert (address.line1, address.city) == ("1 Quay Street", "Bristol")


def test_address_may_stay_empty_as_a_whole(client, alice):
    empty = dict.fromkeys(an_address(), "")

    response = client.post(DETAILS, {"name": "Alice B", "home": HOME, **empty, "country": HOME})

    assert response.status_code == 302
    assert find_default_address(customer_id=alice.pk) is None


def test_half_an_address_is_refused_at_what_is_missing(client, alice):
    response = client.post(DETAILS, {"name": "Alice", "home": HOME, **an_address(city="")})

    assert list(response.context["form"].errors) == ["city"]
    assert find_default_address(customer_id=alice.pk) is None


def test_staff_without_a_customer_have_no_details_to_change(client, admin_user):
    client.force_login(admin_user)

    assert "signed in as staff" in client.get(DETAILS).content.decode()
