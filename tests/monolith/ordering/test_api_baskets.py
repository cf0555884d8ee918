from __future__ import annotations

from uuid import uuid4

import pytest

from monolith.ordering.models import Order
from tests.factories import HOME, a_country, a_customer, a_product
from tests.monolith.problems import problem_of

pytestmark = pytest.mark.django_db

DELIVERY = {
    "recipient": "Alice",
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 1AA",
    "country": HOME,
}
KEY = {"Idempotency-Key": "k1"}


def test_guest_fills_a_basket_and_checks_out_once(api):
    a_product("MUG", price_pence=255, quantity=5)
    basket = f"/api/v1/baskets/{uuid4()}/"
    body = {"delivery": DELIVERY, "guest_email": "guest@example.com"}
    a_country()

    api.post(basket, {"stock_code": "mug", "quantity": 1}, format="json")
    filled = api.put(f"{basket}lines/MUG/", {"quantity": 2}, format="json")
    placed = api.post(f"{basket}check-out/", body, format="json", headers=KEY)
    repeated = api.post(f"{basket}check-out/", body, format="json", headers=KEY)

    assert filled.json()["total_pence"] == 510
    assert placed.status_code == 201
    assert repeated.json() == placed.json()
    assert api.get(basket).json()["items"] == []
    assert Order.objects.get().guest_email == "guest@example.com"


def test_customers_basket_becomes_their_order(api_for):
    alice = a_customer("Alice")
    alices_api = api_for(alice.user)
    a_product("MUG")
    basket = f"/api/v1/baskets/{uuid4()}/"

    alices_api.post(basket, {"stock_code": "MUG", "quantity": 1}, format="json")
    alices_api.post(f"{basket}check-out/", {"delivery": DELIVERY}, format="json", headers=KEY)

    assert Order.objects.get().customer_id == alice.pk


def test_refused_basket_changes_say_why(api):
    a_product("MUG")
    a_country()
    basket = f"/api/v1/baskets/{uuid4()}/"

    adding = api.post(basket, {"stock_code": "NONE", "quantity": 1}, format="json")
    setting = api.put(f"{basket}lines/MUG/", {"quantity": 2}, format="json")
    checking_out = api.post(
        f"{basket}check-out/", {"delivery": DELIVERY}, format="json", headers=KEY
    )

    assert problem_of(adding) == (404, "product-not-found")
    assert problem_of(setting) == (422, "product-not-in-basket")
    assert problem_of(checking_out) == (422, "basket-empty")
