"""Which read paths a new local shop is backfilled by: each snapshot once, if that can be."""

from __future__ import annotations

import pytest

from monolith.config.management.commands import move_local_reads
from monolith.strangler import registry
from tests.factories import a_customer, an_order

pytestmark = pytest.mark.django_db
PATHS = ["customer_summary", "order_detail", "order_history", "sales_insights"]


def test_snapshots_that_fill_several_services_are_taken_once():
    an_order(customer=a_customer())
    an_order()

    fillers = move_local_reads._fillers(registry.names())

    assert fillers == ["catalogue_search", "order_detail", "order_history"]


def test_what_no_other_path_records_is_not_left_out():
    """A guest's order is no customer's, and a customer without orders is in no report."""
    an_order()
    a_customer()

    fillers = move_local_reads._fillers(["customer_summary", "sales_insights"])

    assert fillers == ["customer_summary", "sales_insights"]


def test_path_of_several_kinds_of_snapshots_fills_what_no_other_does():
    an_order(customer=a_customer())

    assert move_local_reads._fillers(["sales_insights"]) == ["sales_insights"]
    assert move_local_reads._fillers(["order_detail", "sales_insights"]) == [
        "order_detail",
        "sales_insights",
    ]


def test_path_without_a_key_is_filled_by_itself():
    assert move_local_reads._fillers(PATHS) == PATHS
