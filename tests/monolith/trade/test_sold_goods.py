from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monolith.trade.classification import Category
from monolith.trade.invoice_lines import InvoiceLine, Money
from monolith.trade.invoices import Invoice
from monolith.trade.reversals import settle
from monolith.trade.sold_goods import SoldGoods

NOON = datetime(2011, 3, 1, 12, tzinfo=UTC)


def invoice(number, *goods, customer_id=501):
    made = Invoice(number, NOON, customer_id, "EIRE")
    made.lines = [
        InvoiceLine(
            2, number, code, "JUG", pieces, NOON, Money(5, is_rounded=False), customer_id, "EIRE"
        )
        for code, pieces in goods
    ]
    return made


@pytest.fixture
def sold():
    goods = SoldGoods()
    goods.add(invoice("1", ("A", 5), ("J", 1)))
    goods.add(invoice("2", ("A", 3), ("A", 2)))
    goods.add(invoice("3", ("A", 9), customer_id=502))
    goods.add(invoice("4", ("A", 9), customer_id=None))
    return goods


def taken(settlement):
    return [
        (one.invoice, one.position, one.quantity)
        for reversal in settlement.reversals
        for one in reversal.taken_back
    ]


def categories(settlement):
    return [match.placement.category for _, match in settlement.matches]


def test_return_undoes_the_newest_order_first(sold):
    settlement = settle(invoice("C9", ("A", -6)), sold)

    assert categories(settlement) == [Category.RETURN_MATCHED]
    assert taken(settlement) == [("1", 1, 1), ("2", 2, 2), ("2", 1, 3)]


def test_pieces_come_back_only_once(sold):
    settle(invoice("C8", ("A", -5)), sold)

    settlement = settle(invoice("C9", ("A", -5)), sold)

    assert taken(settlement) == [("1", 1, 5)]


def test_more_than_was_bought_is_partly_matched(sold):
    settlement = settle(invoice("C9", ("J", -4)), sold)

    assert categories(settlement) == [Category.RETURN_PARTLY_MATCHED]
    assert taken(settlement) == [("1", 2, 1)]


@pytest.mark.parametrize(
    ("code", "customer_id", "reason"),
    [("X", 501, "never bought"), ("J", 502, "never bought"), ("A", None, "guest")],
)
def test_return_without_an_order_is_unmatched(sold, code, customer_id, reason):
    settlement = settle(invoice("C9", (code, -1), customer_id=customer_id), sold)

    assert categories(settlement) == [Category.RETURN_UNMATCHED]
    assert reason in settlement.matches[0][1].placement.reason


def test_what_came_back_before_is_unmatched(sold):
    settle(invoice("C8", ("J", -1)), sold)

    settlement = settle(invoice("C9", ("J", -1)), sold)

    assert "came back before" in settlement.matches[0][1].placement.reason


def test_every_piece_of_an_order_is_the_whole_order(sold):
    whole = settle(invoice("C8", ("A", -5)), sold)
    part = settle(invoice("C9", ("A", -5)), sold)

    assert [one.is_whole_order for one in whole.reversals] == [True]
    assert [one.is_whole_order for one in part.reversals] == [False]
