from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User

from monolith.customers import legacy, queries
from monolith.customers.operations import change_details
from tests.factories import HOME, NOON, OPENED, a_country, a_customer, recorded

pytestmark = pytest.mark.django_db


def old(number, country=HOME):
    return legacy.LegacyCustomer(customer_id=number, country=country, registered_at=OPENED)


def test_customer_is_found_by_number_and_by_user():
    customer = a_customer(email="alice@example.com")

    user = User.objects.get(username="alice@example.com")
    assert queries.get_customer(customer_id=customer.pk) == customer
    assert queries.find_customer_for_user(user) == customer


def test_strangers_and_staff_are_no_customers():
    staff = User.objects.create_user("staff")

    assert queries.find_customer_for_user(AnonymousUser()) is None
    assert queries.find_customer_for_user(staff) is None


def test_unknown_number_is_nobody():
    with pytest.raises(queries.CustomerNotFound, match="no customer 7"):
        queries.get_customer(customer_id=7)


def test_customer_without_an_address_has_no_default_one():
    assert queries.find_default_address(customer_id=a_customer().pk) is None


def test_customer_numbers_are_walked_through_in_order():
    legacy.load_customers(old(number) for number in (17850, 12346, 13047))

    assert queries.list_customer_ids(limit=2) == [12346, 13047]
    assert queries.list_customer_ids(after=13047, limit=2) == [17850]
    assert queries.list_customer_ids(after=17850, limit=2) == []


def test_countries_are_listed_by_name():
    a_country("France")
    a_country("Australia")

    names = [country.name for country in queries.list_countries()]

    assert names == sorted(names)
    assert {"Australia", "France"} <= set(names)
    assert queries.get_country(name="France").pk == queries.country_ids()["France"]


def test_old_customers_keep_their_numbers_and_leave_no_event():
    loaded = legacy.load_customers([old(17850), old(12583, "Narnia")])

    assert loaded == legacy.LoadedCustomers(loaded=2, skipped=0)
    customer = queries.get_customer(customer_id=12583)
    assert (customer.country.name, customer.email, customer.user) == ("Narnia", None, None)
    assert recorded() == []


def test_loading_customers_again_changes_nothing():
    legacy.load_customers([old(17850)])

    again = legacy.load_customers([old(17850, "France"), old(17851)])

    assert again == legacy.LoadedCustomers(loaded=1, skipped=1)
    assert queries.get_customer(customer_id=17850).country.name == HOME


def test_first_live_event_of_an_old_customer_is_version_two():
    legacy.load_customers([old(17850)])

    change_details(customer_id=17850, name="Alice", changed_at=NOON)

    assert [(envelope.stream, envelope.version) for envelope in recorded()] == [
        ("customer/17850", 2)
    ]
