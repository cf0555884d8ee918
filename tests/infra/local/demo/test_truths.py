"""The demo's readers notice a page of an order, or of an account, that is old or wrong."""

from __future__ import annotations

import pytest

from infra.local.demo.histories import Complaint, Row
from infra.local.demo.truths import (
    TRUTHS,
    Committed,
    complaint_about_account,
    complaint_about_order,
)
from infra.local.visits import PAGES, Visitor
from monolith.strangler import registry

ORDER = """
<h1>Order <span class="order-number">B1</span></h1>
<p class="row"><span class="pill {status}">x</span> <span>placed · {pieces} pieces</span></p>
"""
ACCOUNT = '<dl class="figures"><div><dt>Orders</dt><dd>{count} <span>…</span></dd></div></dl>'


def order_is(status):
    return Committed(rows=(Row("B1", status, 3, 1_250),), order_count=1)


def orders_are(count):
    return Committed(rows=(), order_count=count)


@pytest.mark.parametrize(
    ("status", "pieces", "before", "after", "complaint"),
    [
        ("placed", 3, "placed", "placed", None),
        ("placed", 3, "placed", "dispatched", None),
        ("dispatched", 3, "placed", "dispatched", None),
        ("placed", 3, "dispatched", "dispatched", Complaint.OLD),
        ("placed", 4, "placed", "placed", Complaint.WRONG),
    ],
)
def test_page_of_an_order_is_held_to_what_was_committed(status, pieces, before, after, complaint):
    page = ORDER.format(status=status, pieces=pieces)

    assert complaint_about_order(page, order_is(before), order_is(after)) is complaint


@pytest.mark.parametrize(
    ("count", "before", "after", "complaint"),
    [
        (2, 2, 2, None),
        (2, 2, 3, None),
        (3, 2, 3, None),
        (2, 3, 2, None),
        (1, 2, 3, Complaint.OLD),
        (4, 2, 3, Complaint.WRONG),
    ],
)
def test_account_is_held_to_the_orders_that_count(count, before, after, complaint):
    page = ACCOUNT.format(count=count)

    assert complaint_about_account(page, orders_are(before), orders_are(after)) is complaint


@pytest.mark.parametrize("judge", [complaint_about_order, complaint_about_account])
def test_page_without_what_was_asked_for_is_wrong(judge):
    assert judge("<p>resting</p>", orders_are(0), orders_are(0)) is Complaint.WRONG


def test_every_declared_path_has_pages_and_customers_pages_are_judged():
    of_customers = {path for path, pages in PAGES.items() if pages.visitor is Visitor.CUSTOMER}

    assert sorted(PAGES) == registry.names()
    assert set(TRUTHS) == of_customers
