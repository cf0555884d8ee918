from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monolith.catalogue.operations import adjust_stock
from monolith.ordering.models import CreditNote, Order
from monolith.ordering.operations import (
    ReturnRequest,
    cancel_order,
    dispatch_order,
    return_items,
)
from tests.factories import (
    NOON,
    a_customer,
    a_dispatched_order,
    a_product,
    an_order,
    later,
    stock_of,
)
from tests.monolith.ordering.pages import MY_ORDERS, messages_on, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    customer = a_customer("Alice")
    client.force_login(customer.user)
    return customer


@pytest.fixture(autouse=True)
def _shelf():
    a_product("HEART", price_pence=255, quantity=100)
    a_product("JAR", price_pence=425, quantity=100)


def numbers(page) -> list[str]:
    return [order.order_number for order in page.context["history"].orders]


def link(page, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def post(client, action: str, order, **asked):
    return client.post(reverse(f"ordering:{action}", args=[order.number]), asked)


def test_stranger_is_asked_to_sign_in(client):
    response = client.get(MY_ORDERS)

    assert response["Location"] == f"{reverse('customers:sign-in')}?next={MY_ORDERS}"


def test_staff_without_a_customer_are_sent_to_their_account(client, admin_user):
    client.force_login(admin_user)

    assert client.get(MY_ORDERS)["Location"] == reverse("customers:details")


def test_customer_without_orders_is_told_so(client, alice):
    assert "No orders yet" in client.get(MY_ORDERS).content.decode()


def test_customer_sees_their_own_orders_newest_first(client, alice):
    older = an_order(("HEART", 2), customer=alice)
    newer = an_order(("JAR", 3), customer=alice, placed_at=later(days=1))
    an_order(("JAR", 1), customer=a_customer("Bob"))

    page = client.get(MY_ORDERS)

    assert numbers(page) == [newer.number, older.number]
    assert "£12.75" in page.content.decode()
    assert page["X-Read-Path"].startswith("order_history=monolith")


def test_history_leads_to_older_orders_and_back(client, alice):
    placed = [an_order(("HEART", 1), customer=alice, placed_at=later(days=n)) for n in range(45)]
    newest_first = [order.number for order in reversed(placed)]

    first = client.get(MY_ORDERS)
    second = client.get(MY_ORDERS + link(first, "next"))
    third = client.get(MY_ORDERS + link(second, "next"))
    back = client.get(MY_ORDERS + link(third, "prev"))
    home = client.get(MY_ORDERS + link(back, "prev"))

    assert [*numbers(first), *numbers(second), *numbers(third)] == newest_first
    assert (numbers(back), numbers(home)) == (numbers(second), numbers(first))
    assert (link(first, "prev"), link(third, "next"), link(home, "prev")) == ("", "", "")


def test_history_is_filtered_by_status_and_keeps_the_filter_while_paging(client, alice):
    for day in range(22):
        an_order(("HEART", 1), customer=alice, placed_at=later(days=day))
    dispatched = a_dispatched_order(("HEART", 1), customer=alice)

    assert numbers(client.get(MY_ORDERS, {"status": "dispatched"})) == [dispatched.number]
    page = client.get(MY_ORDERS, {"status": "placed"})
    assert "status=placed" in link(page, "next")
    assert dispatched.number not in numbers(client.get(MY_ORDERS + link(page, "next")))


def test_history_is_filtered_by_days_both_included(client, alice):
    orders = [an_order(("HEART", 1), customer=alice, placed_at=later(days=n)) for n in range(4)]

    page = client.get(MY_ORDERS, {"placed_from": "2025-03-02", "placed_until": "2025-03-03"})

    assert numbers(page) == [orders[2].number, orders[1].number]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"status": "lost"},
        {"placed_from": "yesterday"},
        {"placed_until": "9999-12-31"},
        {"before": "x"},
        {"before": "9999-12-31T23:59:59-23:59~B1"},
        {"before": "2025-03-01T12:00:00~B1"},
    ],
)
def test_filter_that_makes_no_sense_is_left_out(client, alice, nonsense):
    order = an_order(("HEART", 1), customer=alice)

    page = client.get(MY_ORDERS, nonsense)

    assert numbers(page) == [order.number]
    assert page.context["form"].errors


def test_htmx_gets_the_list_alone(client, alice):
    page = client.get(MY_ORDERS, headers={"HX-Request": "true"})

    assert "<html" not in page.content.decode()
    assert "HX-Request" in page["Vary"]


def test_history_asks_no_more_for_more_orders(client, alice):
    an_order(("HEART", 1), customer=alice)
    client.get(MY_ORDERS)  # the first page of a session looks for a basket, too
    with CaptureQueriesContext(connection) as few:
        client.get(MY_ORDERS)
    for _ in range(10):
        an_order(("HEART", 1), ("JAR", 1), customer=alice)

    with CaptureQueriesContext(connection) as many:
        client.get(MY_ORDERS)

    assert len(many) == len(few)


def test_customer_sees_all_about_an_order(client, alice):
    order = a_dispatched_order(("HEART", 2), ("JAR", 1), customer=alice)
    back = [ReturnRequest(stock_code="HEART", quantity=1)]
    return_items(order_number=order.number, lines=back, returned_at=NOON, idempotency_key="r1")

    page = client.get(page_of(order)).content.decode()

    for shown in ("£9.35", "£2.55", "1 returned", "Dispatched", "1 Quay Street", "credit note"):
        assert shown in page


def test_order_page_asks_no_more_for_more_lines(client, alice):
    small = an_order(("HEART", 1), customer=alice)
    large = an_order(*[(a_product().stock_code, 1) for _ in range(12)], customer=alice)
    client.get(MY_ORDERS)  # the first page of a session looks for a basket, too
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(small))

    with CaptureQueriesContext(connection) as many:
        client.get(page_of(large))

    assert len(many) == len(few)


@pytest.mark.parametrize("action", ["cancel", "return"])
def test_order_of_another_customer_does_not_exist(client, alice, action):
    other = an_order(("HEART", 1), customer=a_customer("Bob"))

    assert client.get(page_of(other)).status_code == 404
    assert client.get(reverse("ordering:placed", args=[other.number])).status_code == 404
    assert post(client, action, other).status_code == 404
    assert Order.objects.get(number=other.number).status == "placed"


def test_order_of_a_guest_is_for_that_guest_alone(client, alice):
    assert client.get(page_of(an_order(("HEART", 1)))).status_code == 404


def test_order_that_never_was_is_not_found(client, alice):
    assert client.get("/orders/B0/").status_code == 404


@pytest.mark.parametrize("exists", [True, False])
def test_stranger_cannot_tell_which_orders_exist(client, exists):
    number = an_order(("HEART", 1), customer=a_customer()).number if exists else "B0"

    response = client.get(f"/orders/{number}/")

    assert response["Location"] == f"{reverse('customers:sign-in')}?next=/orders/{number}/"


def test_customer_cancels_an_order(client, alice):
    order = an_order(("HEART", 2), customer=alice)

    response = post(client, "cancel", order, reason="Found another")

    order.refresh_from_db()
    assert response["Location"] == page_of(order)
    assert (order.status, order.cancel_reason) == ("cancelled", "Found another")
    assert stock_of("HEART") == 100
    assert "Cancel this order" not in client.get(page_of(order)).content.decode()


def test_parcel_that_left_meanwhile_cannot_be_cancelled(client, alice):
    order = an_order(("HEART", 2), customer=alice)
    dispatch_order(order_number=order.number, dispatched_at=NOON)

    page = client.get(post(client, "cancel", order)["Location"])

    assert messages_on(page) == ["The parcel has left already. You can send things back instead."]


def test_order_cancelled_before_says_so(client, alice):
    order = an_order(("HEART", 2), customer=alice)
    cancel_order(order_number=order.number, cancelled_at=NOON, reason="")

    page = client.get(post(client, "cancel", order)["Location"])

    assert messages_on(page) == ["The order was cancelled before."]


def test_reason_that_is_too_long_is_refused(client, alice):
    order = an_order(("HEART", 2), customer=alice)

    page = post(client, "cancel", order, reason="x" * 201)

    assert page.context["cancel_form"].errors
    assert Order.objects.get().status == "placed"


def test_customer_sends_something_back(client, alice):
    order = a_dispatched_order(("HEART", 3), ("JAR", 1), customer=alice)

    asked = {"line-1": "2", "line-2": "0", "idempotency_key": "form-1"}
    response = post(client, "return", order, **asked)
    post(client, "return", order, **asked)

    assert response["Location"] == page_of(order)
    assert CreditNote.objects.count() == 1
    assert stock_of("HEART") == 99
    assert "2 returned" in client.get(page_of(order)).content.decode()


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"line-1": "4"}, "line-1"), ({"line-1": "-1"}, "line-1"), ({}, "__all__")],
)
def test_return_that_cannot_be_is_refused_at_its_line(client, alice, asked, field):
    order = a_dispatched_order(("HEART", 3), customer=alice)

    page = post(client, "return", order, idempotency_key="form-1", **asked)

    assert list(page.context["return_form"].errors) == [field]
    assert not CreditNote.objects.exists()


def test_goods_that_never_left_cannot_come_back(client, alice):
    order = an_order(("HEART", 3), customer=alice)

    page = post(client, "return", order, idempotency_key="form-1", **{"line-1": "1"})

    assert "has not been dispatched" in page.content.decode()
    assert not CreditNote.objects.exists()


def test_return_key_of_another_order_is_refused(client, alice):
    first, second = (a_dispatched_order(("HEART", 1), customer=alice) for _ in range(2))
    asked = {"line-1": "1", "idempotency_key": "form-1"}
    post(client, "return", first, **asked)

    page = post(client, "return", second, **asked)

    assert "sent before" in page.content.decode()
    assert CreditNote.objects.count() == 1


def test_order_that_came_back_whole_offers_no_return(client, alice):
    order = a_dispatched_order(("HEART", 1), customer=alice)
    post(client, "return", order, **{"line-1": "1", "idempotency_key": "form-1"})

    assert "Send something back" not in client.get(page_of(order)).content.decode()


def test_product_that_left_the_shop_stays_readable_in_the_order(client, alice):
    order = an_order(("HEART", 1), customer=alice)
    adjust_stock(stock_code="HEART", change=-99, reason="fire", adjusted_at=NOON)

    assert client.get(page_of(order)).status_code == 200
