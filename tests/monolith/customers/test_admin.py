from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from monolith.customers.models import Customer
from monolith.customers.operations import AddressDetails, change_details
from tests.factories import HOME, NOON, a_country, a_customer, an_order, recorded_types
from tests.monolith.admin_pages import page, told

pytestmark = pytest.mark.django_db

LIST = page("customers_customer_changelist")


def test_list_finds_customers_and_counts_their_orders(admin_client):
    alice = a_customer("Alice")
    a_customer("Bob")
    for _ in range(2):
        an_order(customer=alice)

    shown = admin_client.get(LIST, {"q": "alic"})

    assert [customer.name for customer in shown.context["cl"].result_list] == ["Alice"]
    assert f'orders/?customer__id__exact={alice.pk}">2</a>' in shown.content.decode().replace(
        page("ordering_order_changelist"), "orders/"
    )


def test_list_asks_no_more_for_more_customers(admin_client, django_assert_max_num_queries):
    for _ in range(20):
        a_customer()

    with django_assert_max_num_queries(9):
        admin_client.get(LIST)


def test_customer_shows_their_addresses(admin_client):
    alice = a_customer("Alice")
    address = AddressDetails(
        recipient="Aunt May", line1="2 Hill Road", city="Bath", postcode="BA1 1AA", country=HOME
    )
    change_details(customer_id=alice.pk, address=address, changed_at=NOON)

    shown = admin_client.get(page("customers_customer_change", alice.pk)).content.decode()

    assert "Aunt May" in shown
    assert "2 Hill Road" in shown


def test_staff_changes_a_customers_details(admin_client):
    alice = a_customer("Alice")
    a_country("France")

    response = admin_client.post(
        page("customers_customer_change_details", alice.pk), {"name": "Alix", "country": "France"}
    )

    changed = Customer.objects.select_related("country").get()
    assert (changed.name, changed.country.name) == ("Alix", "France")
    assert told(response) == [f"The details of customer {alice.pk} are saved."]
    assert recorded_types()[1:] == ["customers.customer_details_changed.v1"]


def test_unknown_country_is_refused_by_field(admin_client):
    alice = a_customer("Alice")

    response = admin_client.post(
        page("customers_customer_change_details", alice.pk), {"name": "Alix", "country": "Atlantis"}
    )

    assert set(response.context["form"].errors) == {"country"}
    assert Customer.objects.get().name == "Alice"


def test_customers_are_neither_added_nor_edited_nor_deleted(admin_client):
    alice = a_customer("Alice")

    refused = [
        admin_client.post(page("customers_customer_add"), {"name": "Bob"}),
        admin_client.post(page("customers_customer_change", alice.pk), {"name": "Bob"}),
        admin_client.post(page("customers_customer_delete", alice.pk), {"post": "yes"}),
        admin_client.post(page("auth_user_delete", alice.user_id), {"post": "yes"}),
    ]

    assert [response.status_code for response in refused] == [403] * 4
    assert Customer.objects.get().name == "Alice"


def test_onlooker_changes_nothing(client, staff):
    alice = a_customer("Alice")
    client.force_login(staff("customers.view_customer"))

    response = client.post(
        page("customers_customer_change_details", alice.pk), {"name": "Bob", "country": HOME}
    )

    assert response.status_code == 403


def test_customers_sign_in_name_stays_their_email(admin_client):
    alice = a_customer("Alice", email="alice@example.com")
    dana = get_user_model().objects.create_user("dana", is_staff=True)

    customers_page = admin_client.get(page("auth_user_change", alice.user_id))
    staff_page = admin_client.get(page("auth_user_change", dana.pk))

    assert "username" not in customers_page.context["adminform"].form.fields
    assert "username" in staff_page.context["adminform"].form.fields


@pytest.mark.parametrize("name", ["auth_user_changelist", "auth_user_add", "auth_group_add"])
def test_accounts_have_their_pages(admin_client, name):
    assert admin_client.get(page(name)).status_code == 200
