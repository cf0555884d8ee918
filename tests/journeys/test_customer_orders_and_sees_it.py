"""A customer registers, orders, and finds the order in "my orders", whoever answers."""

from __future__ import annotations

from uuid import uuid4

import pytest

from infra.local.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.journey]
PASSWORD = "a-long-journey"


@pytest.fixture
def lambda_host_again(shop):
    yield
    if "lambda-host" not in shop.addresses["processes"]:
        shop.control("start", "lambda-host")


def test_new_customer_sees_their_order_answered_by_the_service(page):
    register(page)
    put_something_into_the_basket(page)

    order_number = check_out(page)

    assert order_number in page.content()
    assert read_path_becomes(page, "service")
    assert order_number in orders_shown(page)


def test_my_orders_works_while_the_lambda_host_is_down_and_catches_up(
    page, shop, lambda_host_again
):
    register(page)
    put_something_into_the_basket(page)
    first = check_out(page)
    assert read_path_becomes(page, "service")

    shop.control("stop", "lambda-host")
    put_something_into_the_basket(page)
    second = check_out(page)

    assert read_path_becomes(page, "monolith")
    assert {first, second} <= set(orders_shown(page))
    shop.control("start", "lambda-host")
    # The watch may have taken the path down by itself meanwhile.
    put_back(shop)
    assert read_path_becomes(page, "service")
    assert {first, second} <= set(orders_shown(page))


def put_back(shop):
    reason = "--reason=the service is back"
    shop.manage("strangler", "place", "order_history", "service", reason)


def register(page):
    page.goto("/account/register/")
    page.get_by_label("Name").fill("Jo Journey")
    page.get_by_label("E-mail").fill(f"{uuid4().hex}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("select[name=country]").select_option("United Kingdom")
    page.get_by_role("button", name="Open the account").click()
    page.wait_for_load_state()


def put_something_into_the_basket(page):
    page.goto("/?available=on")
    page.locator("a[href^='/products/']").first.click()
    with page.expect_response("**/orders/basket/add/"):
        page.get_by_role("button", name="Add to basket").click()
    page.goto("/orders/basket/")
    assert page.locator("input[name=quantity]").count() > 0


def check_out(page):
    page.goto("/orders/check-out/")
    for name, value in {
        "recipient": "Jo Journey",
        "line1": "1 Quay Street",
        "city": "Bristol",
        "postcode": "BS1 1AA",
    }.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("select[name=country]").select_option("United Kingdom")
    page.get_by_role("button", name="Place the order for").click()
    page.wait_for_url("**/placed/")
    return page.url.split("/")[-3]


def read_path_becomes(page, source):
    """Reload "my orders" until this side answers; every answer on the way has to be a page."""

    def answered_by_source():
        response = page.goto("/orders/")
        assert response.status == 200
        return response.headers["x-read-path"].startswith(f"order_history={source}")

    wait_until(answered_by_source, f"an answer by the {source}", seconds=60, every=0.2)
    return True


def orders_shown(page):
    links = page.locator("main a[href^='/orders/B']")
    return [link.get_attribute("href").split("/")[2] for link in links.all()]
