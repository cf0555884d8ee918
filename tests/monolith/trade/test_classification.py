from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from monolith.trade.classification import Category, classify
from monolith.trade.invoice_lines import InvoiceLine, Money

NOON = datetime(2011, 3, 1, 12, tzinfo=UTC)


def read_line(**changes):
    line = InvoiceLine(
        2, "1001", "11111", "JUG", 2, NOON, Money(125, is_rounded=False), 501, "EIRE"
    )
    return line._replace(**changes)


FREE = Money(0, is_rounded=False)


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({}, Category.SALE),
        ({"description": ""}, Category.SALE),
        ({"invoice": "C1", "quantity": -1}, Category.RETURN_UNMATCHED),
        ({"invoice": "A1", "stock_code": "B"}, Category.BAD_DEBT),
        ({"invoice": "C1", "quantity": 1}, Category.CONTRADICTION),
        ({"invoice": "C1", "quantity": -1, "price": FREE}, Category.CONTRADICTION),
        ({"quantity": 0}, Category.CONTRADICTION),
        ({"quantity": -3}, Category.CONTRADICTION),
        ({"price": Money(-5, is_rounded=False)}, Category.CONTRADICTION),
        ({"price": FREE}, Category.FREE_OF_CHARGE),
        ({"price": FREE, "customer_id": None}, Category.FREE_OF_CHARGE),
        ({"price": FREE, "customer_id": None, "description": ""}, Category.MISSING_DESCRIPTION),
        ({"price": FREE, "customer_id": None, "description": "?"}, Category.STOCK_CORRECTION),
        ({"price": FREE, "customer_id": None, "description": "Found"}, Category.STOCK_CORRECTION),
        ({"price": FREE, "customer_id": None, "quantity": -4}, Category.STOCK_CORRECTION),
    ],
)
def test_line_lands_in_its_category(changes, category):
    assert classify(read_line(**changes)).category is category


@pytest.mark.parametrize(
    "code",
    ["POST", "DOT", "C2", "M", "D", "S", "B", "PADS", "CRUK", "BANK CHARGES", "AMAZONFEE",
     "GIFT_0001_20", "DCGS0003", "DCGSSBOY"],
)  # fmt: skip
def test_what_is_not_goods_is_a_charge(code):
    assert classify(read_line(stock_code=code)).category is Category.CHARGE


@given(
    invoice=some.sampled_from(["1", "C1", "A1", "X1"]),
    stock_code=some.sampled_from(["11111", "POST", "GIFT_0001_1"]),
    quantity=some.integers(-3, 3),
    pence=some.integers(-2, 2),
    customer_id=some.sampled_from([None, 501]),
    description=some.sampled_from(["", "?", "found", "GREEN GOOSE"]),
)
def test_every_line_has_a_category_and_a_reason(pence, **changes):
    placement = classify(read_line(price=Money(pence, is_rounded=False), **changes))

    assert placement.reason
    is_order_line = placement.category is Category.SALE
    assert not is_order_line or (changes["quantity"] > 0 and pence > 0)
