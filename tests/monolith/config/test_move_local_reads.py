"""Which read paths a new local shop is backfilled by: each kind of snapshot once."""

from __future__ import annotations

import pytest

from monolith.config.management.commands import move_local_reads
from monolith.strangler import registry
from tests.factories import a_customer, a_product, an_order

pytestmark = pytest.mark.django_db
PATHS = ["customer_summary", "order_detail", "order_history", "sales_insights"]


def test_snapshots_that_fill_several_services_are_taken_once():
    an_order(customer=a_customer())
    an_order()

    fillers = move_local_reads._fillers(PATHS)

    assert fillers == ["order_detail", "order_history"]


def test_path_that_walks_over_most_keys_fills_the_others():
    an_order()
    an_order()
    a_customer()

    (filler,) = move_local_reads._fillers(["customer_summary", "sales_insights"])

    assert filler == "sales_insights"


def test_path_of_its_own_kind_is_filled_by_itself():
    a_product()

    assert "catalogue_search" in move_local_reads._fillers(registry.names())


def test_path_without_a_key_is_filled_by_itself():
    assert move_local_reads._fillers(PATHS) == PATHS
