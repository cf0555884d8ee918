from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.db import IntegrityError, connection, transaction

from event_contracts.customers import Contact, CustomerDetailsChanged, CustomerRegistered
from monolith.customers import operations, queries
from monolith.customers.models import Address, Customer
from monolith.outbox import waking
from tests.factories import HOME, NOON, a_country, a_customer, later, recorded

pytestmark = pytest.mark.django_db


def register(**changes):
    given = {
        "email": " Alice@Example.com ",
        "password": "hearts-and-jars",
        "name": "Alice",
        "country": a_country(),
        "registered_at": NOON,
    }
    return operations.register_customer(**{**given, **changes})


def address(**changes):
    given = {
        "recipient": "Alice",
        "line1": "1 Quay Street",
        "city": "Bristol",
        "postcode": "BS1 1AA",
        "country": a_country(),
    }
    return operations.AddressDetails(**{**given, **changes})


def change(customer, **changes):
    return operations.change_details(customer_id=customer.pk, changed_at=later(days=1), **changes)


def test_registered_customer_can_sign_in_and_their_stream_begins():
    customer = register()

    assert authenticate(username="alice@example.com", password="hearts-and-jars") == customer.user
    (envelope,) = recorded()
    assert (envelope.stream, envelope.version) == (f"customer/{customer.pk}", 1)
    assert envelope.data == CustomerRegistered(
        customer_id=customer.pk,
        country=HOME,
        registered_at=NOON,
        contact=Contact(name=customer.name, email="alice@example.com"),
    )


def test_new_customers_get_numbers_that_the_old_trade_cannot_have():
    assert register().pk > 100_000


def test_number_from_elsewhere_is_kept():
    customer = register(customer_id=18287, password=None)

    assert customer.pk == 18287
    assert customer.user.has_usable_password() is False
    assert recorded()[0].stream == "customer/18287"


def test_number_from_elsewhere_is_given_once():
    register(customer_id=18287)

    with pytest.raises(operations.CustomerNumberTaken):
        register(customer_id=18287, email="bob@example.com")

    assert get_user_model().objects.count() == 1
    assert len(recorded()) == 1


def test_email_has_one_account_whatever_its_case():
    register()

    with pytest.raises(operations.EmailAlreadyRegistered, match="has an account already"):
        register(email="ALICE@example.COM", name="Mallory")

    assert [customer.name for customer in Customer.objects.all()] == ["Alice"]
    assert get_user_model().objects.count() == 1
    assert len(recorded()) == 1


def test_customer_of_an_unknown_country_is_not_registered():
    with pytest.raises(operations.UnknownCountry, match="'Atlantis'"):
        register(country="Atlantis")

    assert not get_user_model().objects.exists()
    assert recorded() == []


def test_changed_details_are_named_and_of_them_only_the_contact_is_told():
    customer = a_customer(email="alice@example.com")

    changed = change(customer, name="Alison", country=a_country("France"), address=address())

    assert (changed.name, changed.country.name) == ("Alison", "France")
    assert recorded()[-1].data == CustomerDetailsChanged(
        customer_id=customer.pk,
        country="France",
        changed=("name", "country", "address"),
        changed_at=later(days=1),
        contact=Contact(name="Alison", email="alice@example.com"),
    )


def test_same_details_again_are_no_change():
    customer = a_customer("Alice")
    change(customer, address=address())
    before = len(recorded())

    change(customer, name="Alice", country=HOME, address=address())
    change(customer)

    assert len(recorded()) == before
    assert Address.objects.count() == 1


def test_latest_address_is_the_default_one():
    customer = a_customer()
    change(customer, address=address())

    change(customer, address=address(line1="2 Quay Street"))

    assert Address.objects.get(is_default=True).line1 == "2 Quay Street"


def test_address_used_before_becomes_the_default_again():
    customer = a_customer()
    change(customer, address=address())
    change(customer, address=address(line1="2 Quay Street"))

    change(customer, address=address())

    default = queries.find_default_address(customer_id=customer.pk)
    assert default is not None
    assert default.line1 == "1 Quay Street"
    assert Address.objects.count() == 2


@pytest.mark.parametrize(
    "details",
    [
        {"country": "Atlantis"},
        {
            "address": operations.AddressDetails(
                recipient="A", line1="1", city="B", postcode="C", country="Atlantis"
            )
        },
    ],
)
def test_change_to_an_unknown_country_changes_nothing(details):
    customer = a_customer("Alice")

    with pytest.raises(operations.UnknownCountry):
        change(customer, name="Alison", **details)

    assert queries.get_customer(customer_id=customer.pk).name == "Alice"
    assert len(recorded()) == 1


def test_unknown_customer_cannot_change():
    with pytest.raises(operations.CustomerNotFound):
        operations.change_details(customer_id=1, name="Nobody", changed_at=NOON)


def test_database_allows_one_default_address():
    customer = a_customer()
    change(customer, address=address())
    change(customer, address=address(line1="2 Quay Street"))

    with (
        pytest.raises(IntegrityError, match="customers_address_one_default"),
        transaction.atomic(),
    ):
        Address.objects.update(is_default=True)


def test_database_refuses_an_email_in_another_spelling():
    customer = a_customer()

    with (
        pytest.raises(IntegrityError, match="customers_customer_email_lower_case"),
        transaction.atomic(),
    ):
        Customer.objects.filter(pk=customer.pk).update(email="Alice@Example.com")


@pytest.mark.django_db(transaction=True)
def test_two_registrations_at_once_open_one_account():
    country = a_country()
    start = Barrier(2)

    def register_at_once(name):
        start.wait()
        try:
            return register(name=name, country=country)
        except operations.EmailAlreadyRegistered as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(register_at_once, ["Alice", "Mallory"]))
    waking.close()

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "Customer",
        "EmailAlreadyRegistered",
    ]
    assert len(recorded()) == 1
