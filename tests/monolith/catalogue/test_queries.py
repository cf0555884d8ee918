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


def codes(**wanted):
    return [card.stock_code for card in queries.list_products(**wanted).products]


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

    assert codes(sort="name") == ["BUNTING", "LANTERN"]
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


def test_cards_show_what_a_list_needs(shelf):
    page = queries.list_products(search="lantern")

    assert page.products == (
        queries.ProductCard(
            stock_code="LANTERN", description="WHITE METAL LANTERN", price_pence=339, quantity=9
        ),
    )


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("white", {"HEART", "LANTERN"}),
        ("lanterns", {"LANTERN"}),
        ("white -metal", {"HEART"}),
        ('"party bunting"', {"BUNTING"}),
        ("heart or bunting", {"HEART", "BUNTING"}),
        ("bunting\x00", {"BUNTING"}),
        ("unicorn", set()),
        ("'); drop table --", set()),
    ],
)
def test_search_understands_what_people_type(shelf, search, found):
    assert set(codes(search=search)) == found


def test_better_match_comes_first():
    a_product("ONCE", description="HEART AND SOME OTHER THINGS IN A LONG DESCRIPTION")
    a_product("TWICE", description="HEART SHAPED HEART")

    assert codes(search="heart") == ["TWICE", "ONCE"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("relevance", ["BUNTING", "HEART", "LANTERN"]),
        ("name", ["BUNTING", "HEART", "LANTERN"]),
        ("price_low", ["HEART", "LANTERN", "BUNTING"]),
        ("price_high", ["BUNTING", "LANTERN", "HEART"]),
    ],
)
def test_list_is_sorted_as_asked(shelf, sort, expected):
    assert codes(sort=sort) == expected


def test_newest_comes_first_when_asked(shelf):
    operations.list_product(
        stock_code="NEW", description="NEW JAR", price_pence=1, quantity=0, listed_at=NOON
    )

    assert codes(sort="newest")[0] == "NEW"


def test_sold_out_products_are_left_out_when_asked(shelf):
    assert codes(sort="name", available_only=True) == ["HEART", "LANTERN"]


def test_pages_together_are_the_whole_list(shelf):
    pages = [queries.list_products(sort="name", page=page, page_size=2) for page in (1, 2, 3)]

    assert [[card.stock_code for card in page.products] for page in pages] == [
        ["BUNTING", "HEART"],
        ["LANTERN"],
        [],
    ]
    assert [(page.total, page.page_count, page.has_next) for page in pages] == [
        (3, 2, True),
        (3, 2, False),
        (3, 2, False),
    ]


def test_product_without_a_price_yet_is_neither_listed_nor_counted():
    operations.list_product(
        stock_code="SOON",
        description="SOON",
        price_pence=1,
        quantity=1,
        listed_at=later(days=365_000),
    )

    page = queries.list_products()

    assert (page.products, page.total, page.page_count) == ((), 0, 1)


def test_product_with_many_prices_is_counted_once(shelf):
    operations.change_price(stock_code="HEART", price_pence=295, effective_at=later(days=1))

    assert queries.list_products(search="heart").total == 1


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
