from __future__ import annotations

from typing import Any

import pytest

from monolith.ordering.models import Order
from tests.factories import (
    HOME,
    a_customer,
    a_dispatched_order,
    a_product,
    an_order,
    recorded_types,
    stock_of,
)
from tests.monolith.problems import invalid_fields, problem_of

pytestmark = pytest.mark.django_db

ORDERS = "/api/v1/orders/"
DELIVERY = {
    "recipient": "Alice",
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 1AA",
    "country": HOME,
}
KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def alice():
    return a_customer("Alice")


@pytest.fixture
def alices_api(api_for, alice):
    return api_for(alice.user)


@pytest.fixture
def handler(api_for, staff):
    return api_for(staff("ordering.view_order", "ordering.change_order"))


def order_of(*wanted: tuple[str, int], **delivery: str) -> dict[str, Any]:
    lines = [{"stock_code": code, "quantity": quantity} for code, quantity in wanted]
    return {"lines": lines, "delivery": {**DELIVERY, **delivery}}


def mugs(quantity: int) -> dict[str, Any]:
    return {"lines": [{"stock_code": "MUG", "quantity": quantity}]}


def test_customer_places_an_order_and_sees_it_at_once(alices_api):
    a_product("MUG", price_pence=255, quantity=5)

    placed = alices_api.post(ORDERS, order_of(("mug", 2)), format="json", headers=KEY)
    listed = alices_api.get(ORDERS)

    assert placed.status_code == 201
    assert (placed.json()["total_pence"], placed.json()["status"]) == (510, "placed")
    assert [row["order_number"] for row in listed.json()["orders"]] == [
        placed.json()["order_number"]
    ]
    assert stock_of("MUG") == 3


def test_repeated_key_acts_once(alices_api):
    a_product("MUG", quantity=5)

    first = alices_api.post(ORDERS, order_of(("MUG", 2)), format="json", headers=KEY)
    repeated = alices_api.post(ORDERS, order_of(("MUG", 2)), format="json", headers=KEY)
    other = alices_api.post(ORDERS, order_of(("MUG", 1)), format="json", headers=KEY)

    assert repeated.json() == first.json()
    assert problem_of(other) == (409, "idempotency-key-reused")
    assert stock_of("MUG") == 3


def test_two_customers_may_choose_the_same_key(alices_api, api_for):
    a_product("MUG", quantity=5)
    bobs_api = api_for(a_customer("Bob").user)

    for client in (alices_api, bobs_api):
        client.post(ORDERS, order_of(("MUG", 2)), format="json", headers=KEY)

    assert Order.objects.count() == 2


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k" * 46}])
def test_order_needs_a_key(alices_api, headers):
    a_product("MUG")

    response = alices_api.post(ORDERS, order_of(("MUG", 1)), format="json", headers=headers)

    assert invalid_fields(response) == {"Idempotency-Key"}


@pytest.mark.parametrize(
    ("request_body", "refusal"),
    [
        (order_of(("MUG", 9)), (409, "out-of-stock")),
        (order_of(("NONE", 1)), (404, "product-not-found")),
        (order_of(("MUG", 10**30)), (422, "invalid-quantity")),
        (order_of(("MUG", 1), country="Atlantis"), (422, "unknown-country")),
        (order_of(), (422, "empty-order")),
    ],
)
def test_refused_order_says_why_and_leaves_no_trace(alices_api, request_body, refusal):
    a_product("MUG", quantity=5)
    before = recorded_types()

    response = alices_api.post(ORDERS, request_body, format="json", headers=KEY)

    assert problem_of(response) == refusal
    assert stock_of("MUG") == 5
    assert recorded_types() == before


def test_refusal_tells_programs_what_there_is(alices_api):
    a_product("MUG", quantity=5)

    problem = alices_api.post(ORDERS, order_of(("MUG", 9)), format="json", headers=KEY).json()

    assert (problem["stock_code"], problem["wanted"], problem["available"]) == ("MUG", 9, 5)


def test_unacceptable_order_names_the_line(alices_api):
    body = order_of(("MUG", 1), ("MUG", 0), city="")

    response = alices_api.post(ORDERS, body, format="json", headers=KEY)

    assert invalid_fields(response) == {"lines.1.quantity", "delivery.city"}


def test_somebody_elses_order_does_not_exist(alices_api, api, handler):
    order = an_order(customer=a_customer("Bob"))
    address = f"{ORDERS}{order.number}/"

    assert problem_of(alices_api.get(address)) == (404, "order-not-found")
    assert problem_of(api.get(address)) == (401, "unauthorized")
    assert handler.get(address).json()["order_number"] == order.number


@pytest.mark.parametrize(
    ("path", "body"),
    [("cancellation/", {"reason": "mine"}), ("returns/", mugs(1))],
)
def test_somebody_elses_order_cannot_be_touched(alices_api, path, body):
    order = an_order(customer=a_customer("Bob"))

    response = alices_api.post(f"{ORDERS}{order.number}/{path}", body, format="json", headers=KEY)

    assert problem_of(response) == (404, "order-not-found")
    assert Order.objects.get(pk=order.pk).status == "placed"


def test_staff_without_the_permission_cannot_touch_orders(api_for, staff):
    order = an_order()
    onlooker = api_for(staff("ordering.view_order"))
    address = f"{ORDERS}{order.number}/"

    assert onlooker.get(address).status_code == 200
    assert problem_of(onlooker.post(f"{address}dispatch/")) == (403, "forbidden")
    response = onlooker.post(f"{address}cancellation/", {"reason": "no"}, format="json")
    assert problem_of(response) == (404, "order-not-found")


def test_customer_cancels_an_order_once(alices_api, alice):
    a_product("MUG", quantity=5)
    order = an_order(("MUG", 2), customer=alice)
    address = f"{ORDERS}{order.number}/cancellation/"

    cancelled = alices_api.post(address, {"reason": "too many"}, format="json")
    again = alices_api.post(address, {"reason": "too many"}, format="json")

    assert cancelled.json()["status"] == "cancelled"
    assert cancelled.json()["cancel_reason"] == "too many"
    assert problem_of(again) == (409, "order-already-cancelled")
    assert stock_of("MUG") == 5


def test_cancelling_needs_a_reason(alices_api, alice):
    order = an_order(customer=alice)

    response = alices_api.post(f"{ORDERS}{order.number}/cancellation/", {}, format="json")

    assert invalid_fields(response) == {"reason"}


def test_staff_dispatches_an_order_once(handler, alices_api, alice):
    address = f"{ORDERS}{an_order(customer=alice).number}/dispatch/"

    assert problem_of(alices_api.post(address)) == (403, "forbidden")
    assert handler.post(address).json()["status"] == "dispatched"
    assert problem_of(handler.post(address)) == (409, "order-already-dispatched")


def test_customer_returns_goods_once_per_key(alices_api, alice):
    a_product("MUG", price_pence=255, quantity=5)
    order = a_dispatched_order(("MUG", 3), customer=alice)
    address = f"{ORDERS}{order.number}/returns/"

    returned = alices_api.post(address, mugs(2), format="json", headers=KEY)
    repeated = alices_api.post(address, mugs(2), format="json", headers=KEY)
    too_many = alices_api.post(
        address, mugs(2), format="json", headers={"Idempotency-Key": "other"}
    )

    assert (returned.status_code, returned.json()["returned_pence"]) == (201, 510)
    assert repeated.json() == returned.json()
    assert problem_of(too_many) == (409, "return-exceeds-order")
    assert too_many.json()["returnable"] == 1


def test_nothing_comes_back_before_it_left(alices_api, alice):
    a_product("MUG")
    order = an_order(("MUG", 3), customer=alice)

    response = alices_api.post(
        f"{ORDERS}{order.number}/returns/", mugs(1), format="json", headers=KEY
    )

    assert problem_of(response) == (409, "order-not-dispatched")
