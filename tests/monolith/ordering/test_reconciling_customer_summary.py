"""Summaries reconciled and repaired: the monolith's answers and those of the real service."""

from __future__ import annotations

import pytest

from event_contracts.streams import NOBODY
from extracted_services.customer_summary import handlers
from extracted_services.customer_summary.store import SummaryStore
from extracted_services.customer_summary.view import SUMMARY
from extracted_services.read_models.items import number
from monolith.ordering import operations
from monolith.ordering.migration_paths.customer_summary import CUSTOMER_SUMMARY
from monolith.strangler import backfill, heartbeats, reconciliation
from monolith.strangler.reconciliation import Final, Repair
from tests.factories import a_customer, a_dispatched_order, a_key, a_product, an_order, later
from tests.monolith.strangler.real_service import RealService
from tests.monolith.strangler.service import running_service

pytestmark = pytest.mark.django_db
CHECKSUMS, CUSTOMERS = "GET /customers/checksums", "GET /customers"


@pytest.fixture
def service(settings):
    with running_service() as running:
        settings.STRANGLER_SERVICE_URLS = {CUSTOMER_SUMMARY: running.url}
        settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
        yield RealService(running, handlers=handlers, store=SummaryStore)


@pytest.fixture
def customers(service):
    """One who sent something back and cancelled something, and one without orders."""
    alice, bob = a_customer(), a_customer("Bob")
    a_product("JAR")
    order = a_dispatched_order(("JAR", 2), ("JAR", 1), customer=alice)
    operations.return_items(
        order_number=order.number,
        lines=[operations.ReturnRequest(stock_code="JAR", quantity=2)],
        returned_at=later(days=2),
        idempotency_key=a_key(),
    )
    called_off = an_order(customer=alice, placed_at=later(hours=1))
    operations.cancel_order(
        order_number=called_off.number, cancelled_at=later(hours=2), reason="changed my mind"
    )
    service.project()
    return alice, bob


def reconcile(patience_seconds=0.0, **options):
    return reconciliation.run(CUSTOMER_SUMMARY, patience_seconds=patience_seconds, **options)


def outcomes(report):
    return {final: count for final, count in report.counts.items() if count}


def test_equal_sums_need_no_request_but_a_checksum_and_a_list(service, customers):
    report = reconcile()

    assert outcomes(report) == {Final.MATCH: 2}
    assert set(service.asked) == {CHECKSUMS, CUSTOMERS}
    assert report.has_looked_for_extras


def test_one_customer_after_the_other_finds_the_same(service, customers):
    assert outcomes(reconcile(is_per_key=True)) == {Final.MATCH: 2}
    assert "GET /customers/{id}/summary" in service.asked


def test_sum_that_was_counted_twice_is_found_named_and_repaired(service, customers):
    alice, _ = customers
    service.table.copies[str(alice.pk)][SUMMARY]["order_count"] = number(2)

    found = reconcile(patience_seconds=5)
    repaired = reconcile(
        patience_seconds=5, repair=Repair.EXECUTE, report=lambda _keys, _note: service.project()
    )

    assert [finding.key for finding in found.findings] == [str(alice.pk)]
    assert "order_count changed" in map(str, found.findings[0].differences)
    assert outcomes(repaired) == {Final.MATCH: 1, Final.REPAIRED: 1}


def test_service_that_lost_everything_is_filled_again(service, customers):
    heartbeats.send(CUSTOMER_SUMMARY, later())
    service.project()
    service.table.heads.clear()
    service.table.copies.clear()
    before = outcomes(reconcile())

    backfill.run(CUSTOMER_SUMMARY)
    service.project()

    assert before == {Final.MISSING: 2}
    assert outcomes(reconcile()) == {Final.MATCH: 2}
    assert heartbeats.look(CUSTOMER_SUMMARY, later(seconds=3)) == 3.0


def test_nobody_is_not_extra_and_tells_the_lag(service, customers):
    heartbeats.send("order_history", later())
    heartbeats.send(CUSTOMER_SUMMARY, later(seconds=1))
    service.project()

    assert str(NOBODY) in service.table.heads
    assert outcomes(reconcile()) == {Final.MATCH: 2}
    assert heartbeats.look(CUSTOMER_SUMMARY, later(seconds=4)) == 3.0
