from __future__ import annotations

import pytest

from monolith.catalogue import operations, queries
from monolith.catalogue.models import Product
from tests.factories import NOON, OPENED, a_product, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    a_product(
        "HEART", description="WHITE HANGING HEART T-LIGHT HOLDER", price_pence=255, quantity=6
    )
    a_product("BUNTING", description="PARTY BUNTING", price_pence=495, quantity=0)
    a_product("LANTERN", description="WHITE METAL LANTERN", price_pence=339, quantity=9)


def test_product_is_found_whatever_the_case_of_its_code(shelf):
    assert queries.get_product(stock_code=" heart ").stock_code == "HEART"


@pytest.mark.parametrize("stock_code", ["NONE", "", "HEA\x00RTS"])
def test_unknown_product_is_not_found(shelf, stock_code):
    with pytest.raises(queries.ProductNotFound):
        queries.get_product(stock_code=stock_code)
    with pytest.raises(queries.ProductNotFound):
        queries.get_product_detail(stock_code=stock_code)


def test_withdrawn_product_is_off_sale(shelf):
    Product.objects.filter(stock_code="HEART").update(withdrawn_at=NOON)

    with pytest.raises(queries.ProductNotFound):
        queries.get_product(stock_code="HEART")


def test_detail_tells_price_stock_and_every_price_newest_first(shelf):
    operations.change_price(stock_code="HEART", price_pence=295, effective_at=later(days=1))

    detail = queries.get_product_detail(stock_code="heart")

    assert (detail.price_pence, detail.quantity, detail.listed_at) == (295, 6, OPENED)
    assert [(price.amount_pence, price.effective_from) for price in detail.prices] == [
        (295, later(days=1)),
        (255, OPENED),
    ]


def test_price_still_to_come_is_not_the_price_now(shelf):
    operations.change_price(stock_code="HEART", price_pence=295, effective_at=later(days=365_000))

    assert queries.current_prices(stock_codes=["heart", "NONE"]) == {"HEART": 255}


def test_cards_come_in_the_order_asked_for_and_only_of_what_is_on_sale(shelf):
    Product.objects.filter(stock_code="BUNTING").update(withdrawn_at=NOON)

    cards = queries.list_cards(stock_codes=["LANTERN", "BUNTING", "NONE", "HEART"])

    assert cards == [
        queries.ProductCard(
            stock_code="LANTERN", description="WHITE METAL LANTERN", price_pence=339, quantity=9
        ),
        queries.ProductCard(
            stock_code="HEART",
            description="WHITE HANGING HEART T-LIGHT HOLDER",
            price_pence=255,
            quantity=6,
        ),
    ]


def test_offer_has_the_price_of_the_instant_asked(shelf):
    operations.change_price(stock_code="HEART", price_pence=295, effective_at=later(days=1))

    def price_at(instant):
        return queries.list_offers(stock_codes=["heart"], at=instant)["HEART"].price_pence

    assert price_at(later(hours=1)) == 255
    assert price_at(later(days=1)) == 295
    assert price_at(later(days=-1)) is None


def test_ids_are_looked_up_in_bulk(shelf):
    product = queries.get_product(stock_code="HEART")

    assert queries.product_ids(stock_codes=["heart", "NONE"]) == {"HEART": product.pk}
