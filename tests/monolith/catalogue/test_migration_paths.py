from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from event_contracts.catalogue_search import CatalogueSearchQuery
from event_contracts.streams import NO_PRODUCT
from monolith.catalogue.migration_paths import catalogue_search, compare
from monolith.catalogue.models import Product
from monolith.catalogue.operations import change_price, record_trade_counts
from monolith.catalogue.queries import CountedTrade, get_product_state, search_catalogue
from tests.factories import NOON, a_product, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    for number in range(5):
        a_product(f"H{number}", description=f"{'TINY ' * number}HEART", price_pence=250)


def heart(**asked):
    return search_catalogue(CatalogueSearchQuery(words="heart", **asked))


def test_shapes_of_questions_are_the_declared_ones_and_samples_have_all_of_them(shelf):
    samples = list(catalogue_search.sample_queries(2))

    assert {catalogue_search.shape_of(query) for query in samples} == {*catalogue_search.shapes}
    for query in samples:
        assert search_catalogue(query).total >= 1


def test_order_by_relevance_may_differ_a_little(shelf):
    page = heart(page_size=4)
    first, second, *others = page.products

    swapped = replace(page, products=(second, first, *others))
    reversed_ = replace(page, products=page.products[::-1])

    assert compare(page, swapped) == ()
    assert [str(each) for each in compare(page, reversed_)] == ["products reordered"]


def test_any_other_order_must_be_the_same(shelf):
    page = heart(sort="name")
    first, second, *others = page.products

    swapped = replace(page, products=(second, first, *others))

    assert [str(each) for each in compare(page, swapped)] == ["products reordered"]


def test_counts_and_prices_must_be_the_same_whatever_the_order(shelf):
    page = heart()
    dearer = replace(page.products[0], price_pence=1)

    other = replace(page, total=4, products=(dearer, *page.products[1:]))

    assert {str(each) for each in compare(page, other)} == {
        "products[0].price_pence changed",
        "total changed",
    }


def test_snapshot_states_every_price_that_was_is_and_will_be(shelf):
    change_price(stock_code="H0", price_pence=295, effective_at=NOON)
    change_price(stock_code="H0", price_pence=395, effective_at=later(days=365_000))
    counted = CountedTrade(stock_code="H0", order_count=3, popular_in=("EIRE",))
    record_trade_counts(counted=[counted], counted_until=NOON)

    snapshot: Any = catalogue_search.source.snapshot("H0")

    assert [each.price_pence for each in snapshot.prices] == [250, 295, 395]
    assert (snapshot.order_count, snapshot.popular_in) == (3, ("EIRE",))


def test_withdrawn_products_are_keys_as_well(shelf):
    Product.objects.filter(stock_code="H0").update(withdrawn_at=NOON)

    source = catalogue_search.source

    assert list(source.keys_after("H0", 2)) == ["H1", "H2"]
    assert get_product_state("H0").is_withdrawn
    assert source.count is not None
    assert source.known is not None
    assert (source.count(), set(source.known(["H0", "NONE"]))) == (5, {"H0"})


def test_heartbeats_travel_for_a_product_that_nobody_can_buy():
    snapshot: Any = catalogue_search.source.snapshot(NO_PRODUCT)

    assert (snapshot.is_withdrawn, snapshot.prices) == (True, ())


def test_question_about_one_product_has_a_stream_and_any_other_has_none():
    one = CatalogueSearchQuery(stock_code="H0")

    assert catalogue_search.stream_of(one) == "product/H0"
    assert catalogue_search.stream_of(CatalogueSearchQuery(words="heart")) is None
