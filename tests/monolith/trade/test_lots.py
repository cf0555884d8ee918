"""Readers of every step of a path's canary are found, customers or strangers."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.http import SimpleCookie
from django.test import RequestFactory

from monolith.ordering.migration_paths.order_history import ORDER_HISTORY
from monolith.strangler import registry
from monolith.strangler.deciding.cohort import bucket_of
from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.routing.request_reads import VISITOR_COOKIE, RequestReads
from monolith.trade.lots import spread_over_lots
from tests.factories import a_customer, an_order

pytestmark = pytest.mark.django_db
SHARES = sorted({rung.dial.canary_bp for rung in RUNGS} - {0})


def subject_of(visitor):
    """Return whom the shop takes somebody for who comes back with this cookie."""
    request = RequestFactory().get("/")
    request.COOKIES = {
        key: morsel.value for key, morsel in SimpleCookie({VISITOR_COOKIE: visitor}).items()
    }
    return RequestReads(request).visitor


def test_strangers_are_drawn_for_every_step_and_known_again_by_their_cookie():
    path = registry.get_path("catalogue_search")

    drawn = spread_over_lots(path, each_lot=2)

    assert [sum(each.lot < share for each in drawn) for share in SHARES] == [
        2 * number for number in range(1, len(SHARES) + 1)
    ]
    assert [bucket_of(path.family, subject_of(each.visitor)) for each in drawn] == [
        each.lot for each in drawn
    ]
    assert {each.customer_id for each in drawn} == {None}


def test_customers_with_orders_are_found_for_a_path_that_is_about_them():
    busiest, other, without = a_customer(), a_customer(), a_customer()
    for customer in (busiest, busiest, other):
        an_order(customer=customer)
    path = registry.get_path(ORDER_HISTORY)

    (drawn,) = spread_over_lots(path, each_lot=3)

    assert drawn.customer_id == other.pk != without.pk
    assert drawn.lot == bucket_of(path.family, str(other.pk))


def test_nobody_is_looked_for_where_nobody_is_wanted():
    assert spread_over_lots(registry.get_path(ORDER_HISTORY), each_lot=0) == []


def test_logins_name_the_readers_of_each_path(settings, tmp_path):
    settings.IS_LOCAL, settings.STATE_DIR = True, tmp_path
    busiest, other = a_customer(), a_customer()
    for customer in (busiest, busiest, other):
        an_order(customer=customer)

    call_command("open_local_logins", ORDER_HISTORY, "sales_insights")

    readers = json.loads((tmp_path / "logins.json").read_text())["readers"]
    assert [each["customer_id"] for each in readers[ORDER_HISTORY]] == [other.pk]
    assert other.user is not None
    assert readers[ORDER_HISTORY][0]["email"] == other.user.get_username()
    assert len(readers["sales_insights"]) == len(SHARES)
    assert all(each["visitor"] for each in readers["sales_insights"])
