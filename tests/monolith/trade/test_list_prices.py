from __future__ import annotations

from datetime import UTC, datetime

from monolith.trade.invoice_lines import InvoiceLine, Money
from monolith.trade.list_prices import ListPrices

NOON = datetime(2011, 3, 1, 12, tzinfo=UTC)


def observed(prices, *paid, customer_id=501):
    return [
        prices.observe(
            InvoiceLine(
                2, "1", "A", "JUG", 1, NOON, Money(pence, is_rounded=False), customer_id, "EIRE"
            )
        )
        for pence in paid
    ]


def test_first_price_paid_is_the_list_price():
    prices = ListPrices()

    assert observed(prices, 125) == [125]
    assert prices.current("A") == 125


def test_three_customers_lines_in_a_row_change_the_price():
    prices = ListPrices()

    assert observed(prices, 125, 140, 140, 140, 140) == [125, None, None, 140, None]


def test_large_lots_in_between_do_not_change_the_price():
    prices = ListPrices()

    assert observed(prices, 125, 106, 106, 125, 106, 106, 99) == [125, *[None] * 6]


def test_guests_prices_count_only_for_the_first():
    prices = ListPrices()
    observed(prices, 246, customer_id=None)

    changes = observed(prices, 125, 125, 125)

    assert changes == [None, None, 125]
    assert observed(prices, 246, 246, 246, customer_id=None) == [None, None, None]
