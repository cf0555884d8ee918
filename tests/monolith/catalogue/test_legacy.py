from __future__ import annotations

import pytest

from event_contracts.catalogue_search import CatalogueSearchQuery
from monolith.catalogue import legacy, operations, queries
from monolith.catalogue.queries import CountedTrade
from tests.factories import NOON, OPENED, later, recorded

pytestmark = pytest.mark.django_db

HEART = legacy.LegacyProduct(
    stock_code="85123A",
    description="WHITE HANGING HEART",
    listed_at=OPENED,
    prices=((OPENED, 255), (later(days=2), 295)),
    quantity=6,
)


def test_old_products_are_loaded_with_prices_and_stock_and_without_events():
    loaded = legacy.load_products([HEART])

    assert loaded == legacy.LoadedProducts(loaded=1, skipped=0)
    detail = queries.get_product_detail(stock_code="85123A")
    assert (detail.price_pence, detail.quantity, len(detail.prices)) == (295, 6, 2)
    assert recorded() == []


def test_loading_again_changes_nothing():
    legacy.load_products([HEART])

    again = legacy.load_products([HEART])

    assert again == legacy.LoadedProducts(loaded=0, skipped=1)
    assert len(queries.get_product_detail(stock_code="85123A").prices) == 2


def test_first_live_event_of_an_old_product_is_version_two():
    legacy.load_products([HEART])

    operations.adjust_stock(stock_code="85123A", change=-6, reason="lost", adjusted_at=NOON)

    assert [(envelope.stream, envelope.version) for envelope in recorded()] == [
        ("product/85123A", 2)
    ]


def test_product_listed_after_a_load_gets_an_id_of_its_own():
    legacy.load_products([HEART])

    product = operations.list_product(
        stock_code="NEW", description="NEW", price_pence=1, quantity=1, listed_at=NOON
    )

    ids = queries.product_ids(stock_codes=["85123A", "NEW"])
    assert ids["NEW"] == product.pk != ids["85123A"]


def test_old_products_can_be_searched():
    legacy.load_products([HEART])

    assert queries.search_catalogue(CatalogueSearchQuery(words="hearts")).total == 1


def test_trade_of_the_past_is_counted_once_and_without_an_event():
    legacy.load_products([HEART])

    loaded = legacy.load_trade_counts(
        [CountedTrade(stock_code=code, order_count=3) for code in ("85123A", "NONE")]
    )
    legacy.load_trade_counts([CountedTrade(stock_code="85123A", order_count=9)])

    page = queries.search_catalogue(CatalogueSearchQuery(words="heart"))
    assert loaded == 1
    assert [each.order_count for each in page.products] == [3]
    assert recorded() == []
