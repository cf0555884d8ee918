from __future__ import annotations

import pytest
from django.test import Client

from monolith.catalogue.operations import adjust_stock
from monolith.customers.operations import AddressDetails, change_details
from monolith.ordering.models import Basket, Order
from tests.factories import NOON, a_customer, a_product, recorded_types, stock_of
from tests.monolith.ordering.pages import (
    BASKET,
    CHECK_OUT,
    add,
    an_address,
    key_on,
    set_quantity,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shelf():
    a_product("HEART", price_pence=255, quantity=10)
    a_product("JAR", price_pence=425, quantity=2)


@pytest.fixture
def guest(client):
    add(client, "HEART", 2)
    return client


@pytest.fixture
def alice(client):
    customer = a_customer("Alice")
    client.force_login(customer.user)
    add(client, "HEART", 2)
    return customer


def send(client, **changes):
    given = {"idempotency_key": "one-form", "guest_email": "guest@example.com", **an_address()}
    return client.post(CHECK_OUT, {**given, **changes})


def test_guest_orders_and_sees_the_confirmation(guest):
    response = send(guest, idempotency_key=key_on(guest.get(CHECK_OUT)))

    order = Order.objects.get()
    page = guest.get(response["Location"]).content.decode()
    assert (order.customer_id, order.guest_email) == (None, "guest@example.com")
    assert order.address == "1 Quay Street\nBristol\nBS1 1AA"
    assert order.number in page
    assert "£5.10" in page
    assert stock_of("HEART") == 8


def test_confirmation_is_for_the_guest_alone(guest):
    confirmation = send(guest)["Location"]

    assert Client().get(confirmation).status_code == 404


def test_customer_orders_without_giving_an_email(client, alice):
    response = send(client, guest_email="")

    order = Order.objects.get()
    assert (order.customer_id, order.guest_email) == (alice.pk, "")
    assert response["Location"] == f"/orders/{order.number}/placed/"
    assert client.get(response["Location"]).status_code == 200


def test_customers_own_address_is_filled_in(client, alice):
    address = AddressDetails(**an_address(city="Bath"))
    change_details(customer_id=alice.pk, address=address, changed_at=NOON)

    form = client.get(CHECK_OUT).context["form"]

    assert (form["recipient"].value(), form["city"].value()) == ("Alice", "Bath")


def test_form_that_is_sent_twice_makes_one_order(guest):
    first = send(guest)
    second = send(guest)

    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    assert recorded_types().count("ordering.order_placed.v1") == 1
    assert stock_of("HEART") == 8


def test_every_form_has_a_key_of_its_own(guest):
    assert key_on(guest.get(CHECK_OUT)) != key_on(guest.get(CHECK_OUT))


def test_old_form_with_new_goods_asks_again_and_then_orders(guest):
    send(guest)
    add(guest, "JAR")

    page = send(guest)
    send(guest, idempotency_key=key_on(page))

    assert "placed an order before" in page.content.decode()
    assert key_on(page) != "one-form"
    assert Order.objects.count() == 2


def test_basket_is_empty_after_the_order(guest):
    send(guest)

    assert guest.get(BASKET).context["basket"].items == ()


def test_shortage_is_told_at_its_line_and_can_be_mended(guest):
    add(guest, "JAR", 5)

    page = send(guest)

    troubles = {item.stock_code: trouble for item, trouble in page.context["lines"]}
    assert page.status_code == 409
    assert troubles == {"HEART": None, "JAR": {"message": "Only 2 left.", "available": 2}}
    assert "Take 2" in page.content.decode()
    mended = set_quantity(guest, "JAR", 2, asked={"next": CHECK_OUT})
    assert mended["Location"] == CHECK_OUT
    assert send(guest).status_code == 302


def test_what_is_sold_out_can_be_taken_out(guest):
    adjust_stock(stock_code="HEART", change=-10, reason="breakage", adjusted_at=NOON)

    page = send(guest).content.decode()

    assert "Sold out." in page
    assert "Remove it" in page


def test_rejected_order_leaves_no_trace(guest):
    add(guest, "JAR", 5)
    before = recorded_types()

    send(guest)

    assert not Order.objects.exists()
    assert recorded_types() == before
    assert Basket.objects.get().lines.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("recipient", ""), ("city", ""), ("country", "Narnia"), ("guest_email", "no e-mail")],
)
def test_wrong_field_is_told_at_its_place(guest, field, value):
    page = send(guest, **{field: value})

    assert list(page.context["form"].errors) == [field]
    assert not Order.objects.exists()


def test_empty_basket_cannot_be_checked_out(client):
    assert client.get(CHECK_OUT)["Location"] == BASKET
    assert send(client)["Location"] == BASKET


def test_check_out_is_never_kept_by_a_browser(guest):
    assert "no-store" in guest.get(CHECK_OUT)["Cache-Control"]


def test_form_from_elsewhere_is_refused():
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(CHECK_OUT, an_address())

    assert response.status_code == 403
    assert "That form was too old" in response.content.decode()
    assert not Order.objects.exists()
