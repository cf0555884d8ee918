from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monolith.catalogue.operations import change_price
from tests.factories import a_product, later

pytestmark = pytest.mark.django_db

BROWSE = reverse("catalogue:browse")


def shown(response) -> list[str]:
    """Return the stock codes of the products listed, in order."""
    return re.findall(r'<h2><a href="/products/([^/]+)/"', response.content.decode())


def test_visitor_browses_the_catalogue(client):
    a_product("85123A", description="WHITE HANGING HEART T-LIGHT HOLDER", price_pence=123_456)

    response = client.get(BROWSE)

    assert shown(response) == ["85123A"]
    assert "WHITE HANGING HEART T-LIGHT HOLDER" in response.content.decode()
    assert "£1,234.56" in response.content.decode()
    assert "1 product" in response.content.decode()


def test_visitor_searches_sorts_and_leaves_out_what_is_gone(client):
    a_product("DEAR", description="GLASS HEART", price_pence=900)
    a_product("CHEAP", description="TIN HEART", price_pence=100)
    a_product("GONE", description="WOODEN HEART", quantity=0)
    a_product("MUG", description="RED MUG")

    response = client.get(BROWSE, {"q": "hearts", "sort": "price_high", "available": "on"})

    assert shown(response) == ["DEAR", "CHEAP"]


def test_pages_lead_to_each_other_and_keep_the_search(client):
    for number in range(30):
        a_product(f"H{number:02}", description=f"HEART {number:02}")

    first = client.get(BROWSE, {"q": "heart", "sort": "name"})
    second = client.get(BROWSE, {"q": "heart", "sort": "name", "page": "2"})

    assert (len(shown(first)), len(shown(second))) == (24, 6)
    assert 'rel="next" href="?q=heart&amp;sort=name&amp;page=2"' in first.content.decode()
    assert 'rel="prev" href="?q=heart&amp;sort=name&amp;page=1"' in second.content.decode()


def test_search_that_finds_nothing_offers_a_way_out(client):
    response = client.get(BROWSE, {"q": "unicorn"})

    assert "Nothing matches" in response.content.decode()


def test_correction_is_told_only_above_what_it_found(client):
    a_product("HEART", description="WHITE HEART", quantity=0)

    assert "Nothing here is called “hart”" in client.get(BROWSE, {"q": "hart"}).content.decode()
    nothing = client.get(BROWSE, {"q": "hart", "available": "on"}).content.decode()
    assert ("Nothing matches" in nothing, "comes closest" in nothing) == (True, False)


@pytest.mark.parametrize(
    "nonsense",
    [{"page": "-1"}, {"page": "9" * 30}, {"page": "x"}, {"sort": "rank; drop"}, {"q": "\x00"}],
)
def test_nonsense_is_as_good_as_not_asked(client, nonsense):
    a_product("HEART")

    response = client.get(BROWSE, nonsense)

    assert (response.status_code, shown(response)) == (200, ["HEART"])


def test_htmx_gets_the_results_alone(client):
    a_product("HEART")

    response = client.get(BROWSE, headers={"HX-Request": "true"})

    assert shown(response) == ["HEART"]
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_page_restored_from_history_is_whole(client):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    response = client.get(BROWSE, headers=headers)

    assert "<html" in response.content.decode()


def test_browsing_asks_no_more_for_more_products(client):
    a_product("FIRST")
    with CaptureQueriesContext(connection) as few:
        client.get(BROWSE)
    for _ in range(20):
        a_product()

    with CaptureQueriesContext(connection) as many:
        client.get(BROWSE)

    assert len(many) == len(few) <= 2


def test_visitor_looks_at_a_product(client):
    a_product("85123A", description="WHITE HEART", price_pence=255, quantity=3)
    change_price(stock_code="85123A", price_pence=295, effective_at=later(days=9))

    page = client.get(reverse("catalogue:product", args=["85123A"])).content.decode()

    assert "£2.95" in page
    assert "Only 3 left" in page
    assert "Between £2.55 and £2.95 since 1 March 2025" in page
    assert 'class="price-line"' in page


def test_price_to_come_stays_a_secret(client):
    a_product("85123A", price_pence=255)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    change_price(stock_code="85123A", price_pence=199, effective_at=tomorrow)

    page = client.get(reverse("catalogue:product", args=["85123A"])).content.decode()

    assert "£2.55" in page
    assert "£1.99" not in page


def test_product_that_is_sold_out_cannot_be_added(client):
    a_product("85123A", quantity=0)

    page = client.get(reverse("catalogue:product", args=["85123A"])).content.decode()

    assert "Sold out" in page
    assert "Add to basket" not in page


def test_stock_code_in_lower_case_leads_to_the_product(client):
    a_product("85123A")

    response = client.get("/products/85123a/")

    assert (response.status_code, response["Location"]) == (301, "/products/85123A/")


def test_unknown_product_is_not_found(client):
    response = client.get("/products/NONE/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_descriptions_are_text_whatever_they_contain(client):
    a_product("X1", description="<script>alert(1)</script>")

    assert "<script>alert" not in client.get(BROWSE).content.decode()
