"""The demo's customers notice whatever they are shown that is old, or wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.local.demo.histories import PAGE_SIZE, Complaint, Row, complaint_about, rows_on


def row(number, status="placed"):
    return Row(f"B{number}", status, 3, 1_250)


def rows(*numbers):
    return tuple(row(number) for number in numbers)


FULL = rows(*range(PAGE_SIZE, 0, -1))


@pytest.mark.parametrize(
    ("shown", "before", "after"),
    [
        ((), (), ()),
        (rows(2, 1), rows(2, 1), rows(2, 1)),
        (rows(2, 1), rows(2, 1), rows(3, 2, 1)),
        (rows(3, 2, 1), rows(2, 1), rows(3, 2, 1)),
        (rows(3, 2, 1), rows(2, 1), rows(4, 3, 2, 1)),
        ((row(2, "dispatched"), row(1)), rows(2, 1), (row(2, "dispatched"), row(1, "dispatched"))),
        ((row(99), *FULL[:-1]), FULL, (row(100), row(99), *FULL[:-2])),
    ],
)
def test_page_of_any_moment_between_is_right(shown, before, after):
    assert complaint_about(shown, before, after) is None


@pytest.mark.parametrize(
    ("shown", "before", "after", "complaint"),
    [
        (rows(1), rows(2, 1), rows(2, 1), Complaint.OLD),
        ((), rows(1), rows(1), Complaint.OLD),
        (rows(3, 2), rows(2, 1), rows(3, 2, 1), Complaint.OLD),
        (rows(3, 1), rows(2, 1), rows(3, 2, 1), Complaint.OLD),
        (rows(1), (row(1, "dispatched"),), (row(1, "dispatched"),), Complaint.OLD),
        (rows(1), (row(1, "dispatched"),), (row(2), row(1, "dispatched")), Complaint.OLD),
        (FULL[:-1], FULL, FULL, Complaint.OLD),
        (FULL[1:], FULL, (row(99), *FULL[:-1]), Complaint.OLD),
        (rows(9, 1), rows(1), rows(1), Complaint.WRONG),
        (rows(9, 1), rows(1), rows(2, 1), Complaint.WRONG),
        (rows(1, 2), rows(2, 1), rows(2, 1), Complaint.WRONG),
        (rows(2, 1, 1), rows(2, 1), rows(2, 1), Complaint.WRONG),
    ],
)
def test_page_that_was_never_true_is_complained_of(shown, before, after, complaint):
    assert complaint_about(shown, before, after) is complaint


@pytest.mark.parametrize("change", [{"pieces": 4}, {"total_pence": 1_251}])
def test_figures_are_looked_at_too(change):
    before = rows(2, 1)
    shown = (replace(before[0], **change), before[1])

    assert complaint_about(shown, before, before) is not None


def test_rows_are_read_off_the_page_that_customers_see():
    from django.template.loader import render_to_string

    from event_contracts.order_history import ListedOrder, OrderHistoryPage
    from tests.factories import NOON

    orders = tuple(
        ListedOrder(
            customer_id=7, order_number=number, placed_at=NOON, status=status, item_count=pieces,
            total_pence=pence, returned_pence=returned,
        )
        for number, status, pieces, pence, returned in (
            ("B2", "dispatched", 1, 123_456, 50),
            ("B1", "placed", 12, 5, 0),
        )
    )  # fmt: skip
    history = OrderHistoryPage(customer_id=7, as_of=3, orders=orders, next=None)

    page = render_to_string("ordering/history.html", {"history": history})

    assert rows_on(page) == (Row("B2", "dispatched", 1, 123_456), Row("B1", "placed", 12, 5))
