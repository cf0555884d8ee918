from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from event_contracts.order_history import ListedOrder, OrderHistoryPage
from monolith.strangler.comparison import Difference, Kind, Outcome, differences, outcome_of

NOON = datetime(2011, 8, 1, 12, tzinfo=UTC)


def order(number="B1", total_pence=255, placed_at=NOON):
    return ListedOrder(
        customer_id=1,
        order_number=number,
        placed_at=placed_at,
        status="placed",
        item_count=1,
        total_pence=total_pence,
    )


def page(*orders, following=None):
    return OrderHistoryPage(customer_id=1, as_of=4, orders=orders, next=following)


def test_equal_answers_do_not_differ():
    assert differences(page(order()), page(order())) == ()


def test_one_instant_in_two_time_zones_is_one_instant():
    there = NOON.astimezone(timezone(timedelta(hours=1)))

    assert differences(page(order()), page(order(placed_at=there))) == ()


@pytest.mark.parametrize(
    ("service", "difference"),
    [
        (page(order(), order("B2", 300)), Difference("orders[1].total_pence", Kind.CHANGED)),
        (page(order()), Difference("orders[1]", Kind.MISSING)),
        (page(order(), order("B2"), order("B3")), Difference("orders[2]", Kind.EXTRA)),
        (page(order(), order("B2"), following="c"), Difference("next", Kind.CHANGED)),
    ],
)
def test_difference_names_its_place(service, difference):
    assert differences(page(order(), order("B2")), service) == (difference,)


def test_field_that_one_side_lacks_is_missing_or_extra():
    found = differences({"a": 1, "b": 2}, {"b": 2, "c": 3})

    assert found == (Difference("a", Kind.MISSING), Difference("c", Kind.EXTRA))


def test_true_is_not_one():
    assert differences({"a": 1}, {"a": True}) == (Difference("a", Kind.CHANGED),)


def test_difference_never_tells_values():
    (difference,) = differences(page(order(total_pence=12345)), page(order(total_pence=1)))

    assert str(difference) == "orders[0].total_pence changed"


@pytest.mark.parametrize(
    ("monolith", "service", "differs", "outcome"),
    [
        (4, 4, False, Outcome.MATCH),
        (4, 4, True, Outcome.WRONG),
        (4, 3, True, Outcome.STALE),
        (4, 3, False, Outcome.STALE),
        (4, 5, True, Outcome.MOVED),
        (4, None, False, Outcome.MISSING),
    ],
)
def test_content_is_judged_at_equal_versions_only(monolith, service, differs, outcome):
    found = (Difference("orders[0]", Kind.CHANGED),) if differs else ()

    judged = outcome_of(monolith_version=monolith, service_version=service, found=found)

    assert judged is outcome
