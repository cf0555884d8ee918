"""Each page whose read has moved, opened in a browser by whom it is for; the service answers it."""

from __future__ import annotations

from collections import Counter

import psycopg
import pytest

from infra.local.demo.readers import Logins
from infra.local.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.journey]
_RETURNED = """
select o.number, c.number, sum(l.quantity)
from ordering_creditnote c
join ordering_order o on o.id = c.order_id
join ordering_creditnoteline l on l.credit_note_id = c.id
where o.customer_id = %s group by o.number, c.number order by o.number, c.number
"""
_COUNTED = "select count(*) from ordering_order where customer_id = %s and status <> 'cancelled'"
_WITH_ACCOUNT = """
select c.id from customers_customer c join auth_user u on u.id = c.user_id where u.username = %s
"""


@pytest.fixture(scope="module")
def logins(shop):
    return Logins.read(shop)


@pytest.fixture(scope="module")
def customer_id(shop, logins):
    return one(shop, _WITH_ACCOUNT, logins.customer)[0]


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def page(request, browser, shop):
    """A page of somebody's browser; everything has to work in both kinds."""
    with browser.new_context(
        base_url=shop.addresses["web"], java_script_enabled=request.param == "with JavaScript"
    ) as context:
        context.set_default_timeout(60_000)
        yield context.new_page()


@pytest.fixture
def scripted_page(browser, shop):
    with browser.new_context(base_url=shop.addresses["web"]) as context:
        context.set_default_timeout(60_000)
        yield context.new_page()


def test_visitor_finds_a_gift_in_spite_of_a_typing_error(page):
    word = a_common_word(page)
    misspelt = word[:-2] + word[-1]

    search(page, misspelt)

    assert f"“{misspelt.lower()}”" in page.locator("#results .notice").inner_text().lower()
    assert all(word in title for title in titles(page))
    # Leaving the field asks once, and the button again: the first request is given up.
    assert page.locator(".notice.error").count() == 0
    assert opened_by_service(page, page.url, "catalogue_search")


def test_visitor_is_told_when_a_search_does_not_get_through(scripted_page):
    scripted_page.goto("/")

    scripted_page.context.set_offline(True)
    scripted_page.locator("#id_q").fill("heart")

    told = scripted_page.locator(".notice.error")
    told.wait_for()
    assert told.inner_text() == "That did not get through. Please try again."


def test_visitor_narrows_a_search_down_by_price(page):
    opened_by_service(page, "/", "catalogue_search")
    choice = page.locator(".filter", has_text="Price").locator("a.choice").last
    promised = int(choice.locator(".soft").inner_text().replace(",", ""))

    choice.click()
    page.wait_for_url("**price=**")

    assert f"{promised} product" in page.locator("#results-count").inner_text()
    prices = [float(each.lstrip("£")) for each in page.locator(".product .price").all_inner_texts()]
    assert prices
    assert min(prices) >= 10
    page.locator("a.choice[aria-current=true]").click()
    page.wait_for_url(lambda url: "price=" not in url)


def test_visitor_pages_through_everything_and_sees_nothing_twice(page):
    opened_by_service(page, "/?sort=name", "catalogue_search")
    seen = codes(page)
    total = int(page.locator("#results-count").inner_text().split()[0].replace(",", ""))

    while page.locator("a[rel=next]").count():
        before = page.url
        page.locator("a[rel=next]").click()
        page.wait_for_url(lambda url, before=before: url != before)
        seen += codes(page)

    assert len(seen) == len(set(seen)) == total


def test_visitor_is_told_what_is_often_bought_together(page):
    page.goto("/?sort=popular")
    for stock_code in codes(page):
        assert opened_by_service(page, f"/products/{stock_code}/", "catalogue_search")
        if page.locator(".also-bought .product").count():
            break

    other = page.locator(".also-bought h3 a").first
    title = other.inner_text()
    other.click()
    page.wait_for_url(lambda url: not url.endswith(f"/products/{stock_code}/"))
    assert page.get_by_role("heading", level=1).inner_text() == title


def test_customer_sees_what_came_back_of_an_order(page, shop, logins, customer_id):
    returned = rows(shop, _RETURNED, customer_id)
    order_number, credit_note, pieces = returned[0]
    sign_in(page, logins.customer, logins.password)

    assert opened_by_service(page, f"/orders/{order_number}/", "order_detail")

    told = page.locator(".steps li", has_text=credit_note).inner_text()
    assert f"{pieces} piece" in told
    assert "refunded" in told


def test_customer_sends_something_back_and_sees_it_at_once(page, shop, logins, customer_id):
    sign_in(page, logins.customer, logins.password)
    before = len(rows(shop, _RETURNED, customer_id))
    order = f"/orders/{a_returnable_order(page)}/"
    page.goto(order)

    page.locator("#return summary").click()
    page.locator("#return input[type=number]").first.fill("1")
    page.get_by_role("button", name="Return these").click()
    page.wait_for_load_state()

    assert "1 piece returned" in page.locator(".steps").inner_text()
    assert len(rows(shop, _RETURNED, customer_id)) == before + 1
    assert opened_by_service(page, order, "order_detail")
    assert "1 piece returned" in page.locator(".steps").inner_text()


def test_customer_reads_on_the_account_how_often_they_ordered(page, shop, logins, customer_id):
    sign_in(page, logins.customer, logins.password)

    assert opened_by_service(page, "/account/", "customer_summary")

    (count,) = one(shop, _COUNTED, customer_id)
    figures = page.locator(".summary .figures").inner_text()
    assert figures.split("\n")[:2] == ["Orders", str(count)]
    assert page.locator(".summary .line").count() > 0


def test_staff_read_in_short_who_a_customer_is(page, shop, logins, customer_id):
    sign_in(page, logins.staff, logins.password)

    assert opened_by_service(
        page, f"/admin/customers/customer/{customer_id}/change/", "customer_summary"
    )

    (count,) = one(shop, _COUNTED, customer_id)
    table = page.locator("table", has=page.get_by_text("Segment")).first.inner_text()
    assert str(count) in table.split()


def test_staff_look_at_the_insights_and_their_charts(page, logins):
    sign_in(page, logins.staff, logins.password)

    assert opened_by_service(page, "/ops/insights/", "sales_insights")

    panels = page.locator("section.card")
    titles = panels.locator("h2").all_inner_texts()
    assert [title for title in titles if "from the tables" in title] == []
    assert page.locator("section.card svg").count() >= 3
    assert page.locator("section.card svg").first.bounding_box()["width"] > 200
    assert panels.first.locator("table tbody tr").count() > 0


def opened_by_service(page, address, path):
    """Open a page until the service answers; each answer on the way has to be a page."""

    def answered_by_service():
        response = page.goto(address)
        assert response.status == 200
        said = [each.partition(";")[0] for each in response.headers["x-read-path"].split(", ")]
        return {each for each in said if each.startswith(f"{path}=")} == {f"{path}=service"}

    wait_until(answered_by_service, f"{address} by the service of {path}", seconds=60, every=0.2)
    return True


def sign_in(page, name, password):
    page.goto("/account/sign-in/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def search(page, words):
    page.goto("/")
    page.locator("#id_q").fill(words)
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url("**q=**")


def a_common_word(page):
    """Return a long word that several products' titles have."""
    page.goto("/?sort=popular")
    words = Counter(word for title in titles(page) for word in set(title.split()))
    return max((word for word, count in words.items() if count > 1), key=len)


def titles(page):
    return [title.upper() for title in page.locator(".product h2").all_inner_texts()]


def codes(page):
    links = page.locator(".product h2 a").all()
    return [link.get_attribute("href").split("/")[2] for link in links]


def a_returnable_order(page):
    page.goto("/orders/?status=dispatched")
    numbers = [
        link.get_attribute("href").split("/")[2]
        for link in page.locator("main a[href^='/orders/B'], main a.order-number").all()
    ]
    for number in numbers:
        page.goto(f"/orders/{number}/")
        if page.locator("#return").count():
            return number
    raise AssertionError(f"nothing of {numbers} can be sent back")


def rows(shop, query, *values):
    with psycopg.connect(shop.addresses["postgres"]) as connection:
        return connection.execute(query, values).fetchall()


def one(shop, query, *values):
    (found,) = rows(shop, query, *values)
    return found
