from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monolith.ordering.models import Basket
from tests.factories import a_customer, a_product
from tests.monolith.ordering.pages import BASKET, add, messages_on, set_quantity

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _shelf():
    a_product("HEART", price_pence=255, quantity=10, description="TIN HEART")
    a_product("JAR", price_pence=425, quantity=2, description="JAM JAR")


def contents(client):
    return [(item.stock_code, item.quantity) for item in client.get(BASKET).context["basket"].items]


def test_basket_of_a_new_visitor_is_empty_and_makes_no_session(client):
    page = client.get(BASKET)

    assert "It is empty" in page.content.decode()
    assert not client.cookies


def test_visitor_puts_something_in_and_sees_it(client):
    response = add(client, "HEART", 3)

    page = client.get(response["Location"])
    assert response["Location"] == BASKET
    assert contents(client) == [("HEART", 3)]
    assert "£7.65" in page.content.decode()
    assert messages_on(page) == ["It is in your basket."]


def test_customer_finds_their_basket_on_another_device(client):
    customer = a_customer()
    assert customer.user is not None
    client.force_login(customer.user)
    add(client, "HEART", 3)
    phone = Client()

    phone.force_login(customer.user)

    assert contents(phone) == [("HEART", 3)]


def test_customer_does_not_find_the_basket_of_another(client):
    alice, bob = a_customer("Alice").user, a_customer("Bob").user
    assert alice is not None
    assert bob is not None
    client.force_login(alice)
    add(client, "HEART", 3)
    other = Client()

    other.force_login(bob)

    assert contents(other) == []


def test_visitor_stays_on_the_page_they_add_from(client):
    response = add(client, "HEART", asked={"next": "/?q=heart"})

    assert response["Location"] == "/?q=heart"


def test_nobody_is_sent_to_another_site(client):
    response = add(client, "HEART", asked={"next": "https://evil.example/"})

    assert response["Location"] == BASKET


def test_htmx_gets_the_count_and_the_message_alone(client):
    page = add(client, "HEART", 3, headers=HTMX).content.decode()

    assert 'id="basket-link"' in page
    assert '<span class="count">3' in page
    assert "It is in your basket." in page
    assert "<html" not in page


@pytest.mark.parametrize("quantity", ["0", "-1", "x", "", "9" * 30])
def test_quantity_that_makes_no_sense_is_refused(client, quantity):
    page = client.get(add(client, "HEART", quantity)["Location"])

    assert messages_on(page) == ["How many? Please give a number of pieces, from 1 on."]
    assert contents(client) == []


def test_basket_has_its_limits(client):
    add(client, "HEART", 1_000_000)

    page = client.get(add(client, "HEART", 1)["Location"])

    assert "That is more than a basket holds." in messages_on(page)
    assert contents(client) == [("HEART", 1_000_000)]


def test_product_that_is_gone_cannot_be_added(client):
    page = client.get(add(client, "NONE")["Location"])

    assert messages_on(page) == ["We do not sell this any more."]


def test_visitor_changes_how_many(client):
    add(client, "HEART")

    response = set_quantity(client, "HEART", 4)

    assert response["Location"] == BASKET
    assert contents(client) == [("HEART", 4)]


def test_visitor_takes_something_out(client):
    add(client, "HEART")
    add(client, "JAR")

    set_quantity(client, "HEART", 0)

    assert contents(client) == [("JAR", 1)]


def test_htmx_gets_the_changed_lines_and_the_count(client):
    add(client, "HEART")

    page = set_quantity(client, "HEART", 4, headers=HTMX).content.decode()

    assert "£10.20" in page
    assert '<span class="count">4' in page
    assert "<html" not in page


@pytest.mark.parametrize("quantity", ["-1", "x", "9" * 30])
def test_change_to_nonsense_is_refused(client, quantity):
    add(client, "HEART", 2)

    page = client.get(set_quantity(client, "HEART", quantity)["Location"])

    assert "How many?" in messages_on(page)[-1]
    assert contents(client) == [("HEART", 2)]


def test_change_of_what_is_not_there_is_told(client):
    page = client.get(set_quantity(client, "HEART", 2)["Location"])

    assert messages_on(page) == ["This is not in your basket any more."]


def test_line_says_how_many_are_left(client):
    add(client, "JAR", 3)

    assert "Only 2 left." in client.get(BASKET).content.decode()


def test_basket_outlives_signing_in_and_becomes_the_customers(client):
    customer = a_customer(email="alice@example.com", password="hearts-and-jars")
    add(client, "HEART", 2)

    signed_in = {"username": "alice@example.com", "password": "hearts-and-jars"}
    client.post(reverse("customers:sign-in"), signed_in)
    add(client, "JAR")

    assert contents(client) == [("HEART", 2), ("JAR", 1)]
    assert Basket.objects.get().customer_id == customer.pk


def test_basket_is_nobody_elses(client):
    add(client, "HEART")

    stranger = type(client)()

    assert contents(stranger) == []


def test_basket_stays_behind_when_its_holder_signs_out(client):
    client.force_login(a_customer().user)
    add(client, "HEART")

    client.post(reverse("customers:sign-out"))

    assert contents(client) == []


def test_looking_asks_no_more_for_more_lines(client):
    add(client, "HEART")
    with CaptureQueriesContext(connection) as few:
        client.get(BASKET)
    for _ in range(10):
        add(client, a_product().stock_code)

    with CaptureQueriesContext(connection) as many:
        client.get(BASKET)

    assert len(many) == len(few)


def test_baskets_change_by_post_alone(client):
    assert client.get(reverse("ordering:add-to-basket")).status_code == 405
