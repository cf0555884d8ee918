from __future__ import annotations

import pytest

from tests.factories import a_product, recorded_types, stock_of
from tests.monolith.problems import invalid_fields, problem_of

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/v1/products/"
LANTERN = {
    "stock_code": "lan1",
    "description": "RED LANTERN",
    "price_pence": 495,
    "quantity": 3,
}


@pytest.fixture
def keeper(api_for, staff):
    return api_for(staff("catalogue.add_product", "catalogue.change_product"))


def test_anybody_lists_products(api):
    a_product("HEART", description="GLASS HEART", price_pence=900, quantity=2)
    a_product("MUG", description="RED MUG")

    response = api.get(PRODUCTS, {"search": "hearts"})

    assert response.json() == {
        "products": [
            {
                "stock_code": "HEART",
                "description": "GLASS HEART",
                "price_pence": 900,
                "quantity": 2,
            }
        ],
        "total": 1,
        "page": 1,
        "page_count": 1,
        "price_bands": [
            {"name": "under-1", "count": 0},
            {"name": "1-to-2", "count": 0},
            {"name": "2-to-5", "count": 0},
            {"name": "5-to-10", "count": 1},
            {"name": "over-10", "count": 0},
        ],
        "countries": [],
        "available_count": 1,
        "corrected": [],
    }


def test_anybody_filters_products(api):
    a_product("HEART", description="GLASS HEART", price_pence=900)
    a_product("GONE", description="WOODEN HEART", price_pence=900, quantity=0)
    a_product("MUG", description="RED MUG", price_pence=300)

    asked = {"price_band": "5-to-10", "available_only": "true", "sort": "popular"}
    page = api.get(PRODUCTS, asked).json()

    assert [product["stock_code"] for product in page["products"]] == ["HEART"]
    assert api.get(PRODUCTS, {"price_band": "cheap"}).status_code == 400
    assert api.get(PRODUCTS, {"popular_in": "France"}).json()["products"] == []


def test_anybody_reads_a_product_in_any_case(api):
    a_product("HEART", price_pence=900)

    found = api.get(f"{PRODUCTS}heart/").json()

    assert found["stock_code"] == "HEART"
    assert [price["amount_pence"] for price in found["prices"]] == [900]


def test_unknown_product_is_not_found(api):
    response = api.get(f"{PRODUCTS}NONE/")

    assert problem_of(response) == (404, "product-not-found")
    assert response.json()["stock_code"] == "NONE"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"page": 0}, "page"),
        ({"page": 10**30}, "page"),
        ({"page_size": 101}, "page_size"),
        ({"sort": "colour"}, "sort"),
        ({"search": "\x00"}, "search"),
    ],
)
def test_senseless_question_is_refused_by_field(api, asked, field):
    assert invalid_fields(api.get(PRODUCTS, asked)) == {field}


def test_staff_puts_a_product_on_sale(keeper):
    response = keeper.post(PRODUCTS, LANTERN, format="json")

    assert response.status_code == 201
    assert response.json()["stock_code"] == "LAN1"
    assert recorded_types() == ["catalogue.product_listed.v1"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"stock_code": "MUG"}, (409, "product-already-listed")),
        ({"price_pence": 0}, (422, "invalid-price")),
        ({"price_pence": 10**30}, (422, "invalid-price")),
        ({"quantity": -1}, (409, "stock-would-be-negative")),
    ],
)
def test_refused_product_says_why(keeper, change, refusal):
    a_product("MUG")

    response = keeper.post(PRODUCTS, {**LANTERN, **change}, format="json")

    assert problem_of(response) == refusal
    assert recorded_types() == ["catalogue.product_listed.v1"]


def test_incomplete_product_names_what_is_missing(keeper):
    response = keeper.post(PRODUCTS, {"stock_code": "x" * 33}, format="json")

    assert invalid_fields(response) == {"stock_code", "description", "price_pence", "quantity"}


def test_staff_changes_a_price(keeper):
    a_product("MUG", price_pence=255)

    changed = keeper.put(f"{PRODUCTS}MUG/price/", {"price_pence": 300}, format="json")
    again = keeper.put(f"{PRODUCTS}MUG/price/", {"price_pence": 300}, format="json")

    assert changed.json()["price_pence"] == 300
    assert problem_of(again) == (409, "price-unchanged")


def test_staff_corrects_the_stock(keeper):
    a_product("MUG", quantity=5)
    broken = {"change": -2, "reason": "broken"}

    corrected = keeper.post(f"{PRODUCTS}MUG/stock/", broken, format="json")
    refused = keeper.post(f"{PRODUCTS}MUG/stock/", {**broken, "change": -9}, format="json")

    assert corrected.json() == {"quantity": 3}
    assert problem_of(refused) == (409, "stock-would-be-negative")
    assert stock_of("MUG") == 3


@pytest.mark.parametrize(
    ("method", "address"),
    [("post", PRODUCTS), ("put", f"{PRODUCTS}MUG/price/"), ("post", f"{PRODUCTS}MUG/stock/")],
)
def test_only_permitted_staff_changes_products(api, api_for, staff, method, address):
    a_product("MUG")
    onlooker = api_for(staff("catalogue.view_product"))

    assert problem_of(getattr(api, method)(address, {}, format="json")) == (401, "unauthorized")
    assert problem_of(getattr(onlooker, method)(address, {}, format="json")) == (403, "forbidden")
