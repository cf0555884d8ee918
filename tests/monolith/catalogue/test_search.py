from __future__ import annotations

import pytest
from django.db import transaction

from event_contracts.catalogue import ProductSoldOut
from event_contracts.catalogue_search import CatalogueSearchQuery, FacetCount
from event_contracts.streams import NO_PRODUCT, product_stream
from monolith.catalogue import operations, queries
from monolith.catalogue.models import Product, SearchWord
from monolith.catalogue.queries import CountedTrade
from monolith.outbox import recording
from tests.factories import NOON, a_product, later, recorded, recorded_types

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    a_product(
        "HEART", description="WHITE HANGING HEART T-LIGHT HOLDER", price_pence=255, quantity=6
    )
    a_product("BUNTING", description="PARTY BUNTING", price_pence=495, quantity=0)
    a_product("LANTERN", description="WHITE METAL LANTERN", price_pence=339, quantity=9)
    a_product("MUG", description="CAFÉ MUG", price_pence=85)


def search(words="", **asked):
    return queries.search_catalogue(CatalogueSearchQuery(words=words, **asked))


def codes(words="", **asked):
    return [product.stock_code for product in search(words, **asked).products]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("white", {"HEART", "LANTERN"}),
        ("lanterns", {"LANTERN"}),
        ("LANTE", {"LANTERN"}),
        ("lante white", {"LANTERN"}),
        ("white -metal", {"HEART"}),
        ('"party bunting"', {"BUNTING"}),
        ('"light white"', set()),
        ('"white lantern', set()),
        ("heart or bunting", {"HEART", "BUNTING"}),
        ("the heart", {"HEART"}),
        ("the", set()),
        ("cafe", {"MUG"}),
        ("t-light", {"HEART"}),
        ("heart", {"HEART"}),
        ("bunting\x00", {"BUNTING"}),
        ("unicorn", set()),
        ("'); drop table --", set()),
        ("-metal", {"HEART", "BUNTING", "LANTERN", "MUG"}),
    ],
)
def test_search_understands_what_people_type(shelf, words, found):
    assert set(codes(words)) == found


@pytest.mark.parametrize(
    ("words", "found", "corrected"),
    [
        ("lanturn", ["LANTERN"], ("lanturn",)),
        ("metel lanturn", ["LANTERN"], ("metel", "lanturn")),
        ("white", ["LANTERN", "HEART"], ()),
        ('"lanturn metal"', [], ()),
        ("zzzzz", [], ()),
    ],
)
def test_word_that_nothing_has_is_taken_for_the_most_similar_one(shelf, words, found, corrected):
    page = search(words)

    assert [product.stock_code for product in page.products] == found
    assert page.corrected == corrected


def test_what_is_nearly_as_similar_stands_in_too():
    for each in ("HARE", "HEART", "HATCH"):
        a_product(each, description=f"METAL {each}")

    assert set(codes("hart")) == {"HARE", "HEART"}
    assert codes("hart heart") == ["HEART"]


def test_whole_words_come_before_beginnings_and_short_texts_before_long_ones():
    a_product("TEAPOT", description="TEAPOT")
    a_product("LONG", description="TEA TOWEL WITH MANY LITTLE HENS")
    a_product("SHORT", description="TEA TOWEL")

    assert codes("tea") == ["SHORT", "LONG", "TEAPOT"]


@pytest.mark.parametrize(
    ("words", "longer", "shorter"),
    [
        pytest.param("pa", "PANTRY PASTRY PAN BRUSH", "RED PAPER", id="how many begin so"),
        pytest.param("hart", "HARE HEART GREEN RED", "METAL HEART", id="how many stand in"),
        pytest.param("heart or mug", "HEART MUG GREEN RED BLUE", "HEART", id="of alternatives"),
    ],
)
def test_more_words_that_match_do_not_outweigh_a_longer_text(words, longer, shorter):
    a_product("AA", description=longer)
    a_product("BB", description=shorter)

    assert codes(words) == ["BB", "AA"]


def test_of_equals_what_is_ordered_most_comes_first():
    a_product("AA", description="GLASS HEART")
    a_product("BB", description="STONE HEART")
    a_product("CC", description="CLOTH HEART")
    count(CountedTrade(stock_code="BB", order_count=9))

    assert codes("heart") == ["BB", "CC", "AA"]
    assert codes(sort="popular") == ["BB", "CC", "AA"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("relevance", ["MUG", "BUNTING", "HEART", "LANTERN"]),
        ("name", ["MUG", "BUNTING", "HEART", "LANTERN"]),
        ("price_low", ["MUG", "HEART", "LANTERN", "BUNTING"]),
        ("price_high", ["BUNTING", "LANTERN", "HEART", "MUG"]),
    ],
)
def test_list_is_sorted_as_asked(shelf, sort, expected):
    assert codes(sort=sort) == expected


def test_newest_comes_first_when_asked(shelf):
    operations.list_product(
        stock_code="NEW", description="NEW JAR", price_pence=1, quantity=0, listed_at=NOON
    )

    assert codes(sort="newest")[0] == "NEW"


def test_filters_leave_out_and_counts_tell_what_other_choices_would_find(shelf):
    count(CountedTrade(stock_code="HEART", order_count=3, popular_in=("France", "EIRE")))
    count(CountedTrade(stock_code="BUNTING", order_count=2, popular_in=("France",)))

    page = search(price_band="2-to-5", available_only=True)

    assert {product.stock_code for product in page.products} == {"HEART", "LANTERN"}
    assert (page.total, page.available_count) == (2, 2)
    assert [each.count for each in page.price_bands] == [1, 0, 2, 0, 0]
    assert page.countries == (FacetCount(name="EIRE", count=1), FacetCount(name="France", count=1))
    assert codes(popular_in="France") == ["BUNTING", "HEART"]
    assert codes(popular_in="France", available_only=True) == ["HEART"]
    assert codes(popular_in="Atlantis") == []


def test_pages_together_are_the_whole_list(shelf):
    pages = [search(sort="name", page=page, page_size=3) for page in (1, 2, 3)]

    assert [[card.stock_code for card in page.products] for page in pages] == [
        ["MUG", "BUNTING", "HEART"],
        ["LANTERN"],
        [],
    ]
    assert [(page.total, page.page_count, page.has_next) for page in pages] == [
        (4, 2, True),
        (4, 2, False),
        (4, 2, False),
    ]


def test_product_without_a_price_yet_is_neither_listed_nor_counted():
    operations.list_product(
        stock_code="SOON",
        description="SOON",
        price_pence=1,
        quantity=1,
        listed_at=later(days=365_000),
    )

    page = search()

    assert (page.products, page.total, page.page_count) == ((), 0, 1)


def test_withdrawn_product_is_not_found(shelf):
    Product.objects.filter(stock_code="HEART").update(withdrawn_at=NOON)

    assert codes("white") == ["LANTERN"]


def test_answer_is_as_of_all_product_streams_but_nobodys(shelf):
    before = search().as_of
    operations.change_price(stock_code="HEART", price_pence=295, effective_at=NOON)
    with transaction.atomic():
        recording.record(
            ProductSoldOut(stock_code=NO_PRODUCT, sold_out_at=NOON),
            stream=product_stream(NO_PRODUCT),
            occurred_at=NOON,
        )
        recording.flush()

    assert search().as_of == before + 1
    assert search(stock_code="HEART").as_of == 2
    assert search(stock_code="NONE").as_of == 0


def test_page_about_one_product_tells_what_goes_with_it(shelf):
    count(CountedTrade(stock_code="HEART", order_count=3, also_bought=("MUG", "LANTERN")))

    page = search(stock_code="HEART")

    assert [product.stock_code for product in page.products] == ["HEART"]
    assert page.also_bought == ("MUG", "LANTERN")
    assert search("heart").also_bought == ()


def test_only_what_came_out_differently_is_told(shelf):
    heart = CountedTrade(stock_code="HEART", order_count=3, popular_in=("EIRE",))
    mug = CountedTrade(stock_code="MUG", order_count=1)
    unknown = CountedTrade(stock_code="GONE", order_count=1)

    first = count(heart, mug, unknown)
    second = count(heart, CountedTrade(stock_code="MUG", order_count=2))

    assert (first, second) == (2, 1)
    told = [each.data for each in recorded() if each.event_type.endswith("trade_counted.v1")]
    assert [(each.stock_code, each.order_count) for each in told] == [
        ("HEART", 3),
        ("MUG", 1),
        ("MUG", 2),
    ]


def test_words_of_every_product_are_known(shelf):
    Product.objects.filter(stock_code="MUG").update(description="TIN CUPS")

    words = set(SearchWord.objects.values_list("word", flat=True))

    assert {"bunt", "lantern", "t", "cafe", "cup"} <= words


def test_nobodys_stock_code_is_given_to_no_product():
    with pytest.raises(operations.InvalidStockCode):
        a_product(NO_PRODUCT)
    assert recorded_types() == []


def count(*counted):
    changed = operations.record_trade_counts(counted=counted, counted_until=NOON)
    recording.flush()
    return changed
