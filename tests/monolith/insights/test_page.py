from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.factories import a_customer
from tests.monolith.insights.trade import three_days_of_trade

pytestmark = pytest.mark.django_db

PAGE = "/ops/insights/"
THREE_DAYS = {"first_day": "2025-03-10", "last_day": "2025-03-12"}


@pytest.fixture
def dana(client, staff):
    client.force_login(staff("ordering.view_order"))
    return client


def text_of(response):
    return " ".join(response.content.decode().split())


def test_page_answers_every_question(dana):
    three_days_of_trade()

    page = text_of(dana.get(PAGE, THREE_DAYS))

    assert "Revenue by day: £19.50" in page
    for title in (
        "Revenue by country",
        "Revenue by product",
        "Who comes back",
        "What a change of price did",
        "From order to dispatch",
    ):
        assert title in page
    assert "£2.00 → £2.50" in page
    assert "half of them within 27 h" in page


def test_page_tells_what_a_product_was_and_what_nobody_can_tell(dana):
    three_days_of_trade()

    page = text_of(dana.get(PAGE, THREE_DAYS | {"stock_code": " heart "}))

    assert "As it was at the end of 12 Mar 2025" in page
    assert "the tables cannot tell" in page
    assert "What the tables cannot tell" in page


def test_page_begins_with_the_last_days_of_the_trade(dana):
    three_days_of_trade()

    page = text_of(dana.get(PAGE))

    assert 'value="2025-03-13"' in page
    assert "no data" not in text_of(dana.get(PAGE)).split("What a change")[0]


def test_shop_without_trade_has_a_page(dana):
    page = dana.get(PAGE)

    assert page.status_code == 200
    assert "no data in these days" in text_of(page)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"first_day": "2025-03-13"}, "The first day must come before the last"),
        ({"first_day": "1999-01-01"}, "by ten years at most"),
        ({"first_day": "yesterday"}, "Enter a valid date"),
        ({"last_day": f"{datetime.now(UTC):%Y-%m-%d}"}, "This day is not over yet"),
    ],
)
def test_days_that_cannot_be_answered_are_refused_in_words(dana, changes, complaint):
    page = dana.get(PAGE, THREE_DAYS | changes)

    assert page.status_code == 400
    assert complaint in text_of(page)


def test_stranger_is_asked_to_sign_in_and_a_customer_is_sent_away(client):
    assert client.get(PAGE).status_code == 302

    client.force_login(a_customer().user)

    assert client.get(PAGE).status_code == 403
