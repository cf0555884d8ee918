from __future__ import annotations

import json

import pytest

from event_contracts.catalogue import ProductTradeCounted
from event_contracts.catalogue_search import CatalogueSearchPage, CatalogueSearchQuery, FacetCount
from event_contracts.checksums import Checksum, digest_of
from event_contracts.plain_values import from_plain
from extracted_services.catalogue_search import handlers, queries
from extracted_services.lambda_support.responding import Request
from extracted_services.read_models.parameters import BadParameter
from tests.extracted_services.catalogue_search.gifts import NOON, listed


@pytest.fixture
def shop(service):
    service.hear(listed("WHITE HANGING HEART", "HEART", price_pence=255), version=1)
    service.hear(listed("PARTY BUNTING", "FLAG", price_pence=495, is_available=False), version=1)
    service.hear(listed("WHITE METAL LANTERN", "LANTERN", price_pence=1339), version=1)
    service.hear(trade("HEART", 5, popular_in=("EIRE", "France")), version=2)
    service.hear(trade("FLAG", 9, popular_in=("France",), also_bought=("HEART",)), version=2)
    service.publish()
    return service


def trade(stock_code, order_count, *, popular_in=(), also_bought=()):
    return ProductTradeCounted(
        stock_code=stock_code,
        counted_until=NOON,
        order_count=order_count,
        popular_in=popular_in,
        also_bought=also_bought,
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("hearts", ["HEART"]),
        ("lante", ["LANTERN"]),
        ("white -metal", ["HEART"]),
        ("lanturn", ["LANTERN"]),
        ("bunting or heart", ["FLAG", "HEART"]),
        ('"metal lantern"', ["LANTERN"]),
        ('"lantern metal"', []),
        ('" -" or', ["HEART", "FLAG", "LANTERN"]),
    ],
)
def test_search_understands_what_people_type(shop, words, found):
    assert sorted(shop.found(words)) == sorted(found)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("heart or mug", ["SHORT", "LONG", "PLAIN"]),
        ("mug or heart or mug", ["SHORT", "LONG", "PLAIN"]),
        ("gre", ["LONG", "PLAIN"]),
        ("hart", ["SHORT", "LONG", "PLAIN"]),
    ],
)
def test_of_alternatives_the_larger_share_comes_first_and_of_all_else_the_fewest_words(
    service, words, found
):
    service.hear(listed("HEART", "SHORT"), version=1)
    service.hear(listed("HARE HEART GREEN GREY", "PLAIN"), version=1)
    service.hear(listed("HEART MUG GREEN RED", "LONG"), version=1)
    service.hear(trade("LONG", 9), version=2)
    service.publish()

    assert service.found(words) == found


def test_counts_tell_what_other_choices_would_find(shop):
    page = shop.answer(popular_in="France", available_only=True)

    assert [product.stock_code for product in page.products] == ["HEART"]
    assert [each.count for each in page.price_bands] == [0, 0, 1, 0, 0]
    assert page.countries == (FacetCount(name="EIRE", count=1), FacetCount(name="France", count=1))
    assert shop.answer(popular_in="Atlantis").total == 0


def test_page_about_one_product_tells_what_goes_with_it(shop):
    page = shop.answer(stock_code="FLAG")

    assert (page.as_of, page.total, page.also_bought) == (2, 1, ("HEART",))
    assert shop.answer("heart", stock_code="FLAG").total == 0


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"sort": "random"}, "sort"),
        ({"page": "0"}, "page"),
        ({"page_size": "201"}, "page_size"),
        ({"price_band": "cheap"}, "price_band"),
        ({"available_only": "true"}, "available_only"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_parameter_that_cannot_be_read_is_refused_by_name(parameters, name):
    with pytest.raises(BadParameter) as refused:
        queries.read_query(parameters)

    assert refused.value.name == name


def test_parameters_that_are_left_out_take_their_defaults():
    assert queries.read_query({}) == CatalogueSearchQuery()


def test_request_is_answered_in_the_words_of_the_contract(shop):
    status, body = ask(shop, "GET /products", words="heart", page_size="5")

    assert status == 200
    assert from_plain(CatalogueSearchPage, body) == shop.answer("heart", page_size=5)


def test_checksum_is_over_the_answers_about_each_product(shop):
    status, body = ask(shop, "GET /products/checksums", ids="HEART,NONE")

    checksum = from_plain(Checksum, body)
    assert (status, checksum.count) == (200, 1)
    assert [(each.key, each.version) for each in checksum.versions] == [
        ("HEART", 2),
        ("NONE", None),
    ]
    assert digest_of("HEART", [shop.answer(stock_code="HEART")])


def test_keys_are_listed_one_page_after_the_other(shop, monkeypatch):
    monkeypatch.setattr(queries, "KEYS_AT_ONCE", 2)

    first = ask(shop, "GET /products/keys")[1]
    second = ask(shop, "GET /products/keys", after=first["next"])[1]

    assert (first["keys"], second) == (["FLAG", "HEART"], {"keys": ["LANTERN"], "next": None})


def test_edge_asks_for_a_token(shop):
    request = Request(route="GET /edge/catalogue_search", path={}, parameters={}, caller={})

    assert handlers.answer(request, kept_in=shop.reader)["statusCode"] == 401


def test_unknown_product_is_left_to_the_monolith(shop):
    status, body = ask(shop, "GET /products", stock_code="NONE")

    assert (status, body["type"]) == (404, "/problems/product-not-complete")


def ask(service, route, **parameters):
    request = Request(route=route, path={}, parameters=parameters)
    response = handlers.answer(request, kept_in=service.reader)
    return response["statusCode"], json.loads(response["body"])
