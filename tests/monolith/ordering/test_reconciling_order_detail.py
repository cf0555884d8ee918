"""Whole orders reconciled and repaired: the monolith's answers and those of the real service."""

from __future__ import annotations

import pytest

from event_contracts.streams import NOBODY, customer_stream, guest_order_stream
from extracted_services.order_detail import handlers
from extracted_services.order_detail.store import OrderStore
from monolith.ordering import operations
from monolith.ordering.migration_paths.order_detail import ORDER_DETAIL
from monolith.ordering.models import Order
from monolith.strangler import backfill, heartbeats, reconciliation
from monolith.strangler.reconciliation import Final, Repair
from tests.factories import (
    a_customer,
    a_dispatched_order,
    a_key,
    a_product,
    an_order,
    later,
)
from tests.monolith.strangler.real_service import RealService
from tests.monolith.strangler.service import running_service

pytestmark = pytest.mark.django_db
CHECKSUMS, STREAMS, ORDERS = "GET /streams/checksums", "GET /streams", "GET /orders"


@pytest.fixture
def service(settings):
    with running_service() as running:
        settings.STRANGLER_SERVICE_URLS = {ORDER_DETAIL: running.url}
        settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
        yield RealService(running, handlers=handlers, store=OrderStore)


@pytest.fixture
def shop(service):
    """A customer with two orders, one of them partly returned, one without, and a guest's order."""
    alice, bob = a_customer(), a_customer("Bob")
    a_product("JAR")
    first = a_dispatched_order(("JAR", 2), ("JAR", 1), customer=alice)
    second = an_order(customer=alice, placed_at=later(hours=1))
    operations.return_items(
        order_number=first.number,
        lines=[operations.ReturnRequest(stock_code="JAR", quantity=3)],
        returned_at=later(days=2),
        idempotency_key=a_key(),
    )
    guests = an_order()
    service.project()
    return alice, bob, first, second, guests


def reconcile(patience_seconds=0.0, **options):
    return reconciliation.run(ORDER_DETAIL, patience_seconds=patience_seconds, **options)


def outcomes(report):
    return {final: count for final, count in report.counts.items() if count}


def rows_of(service, stream):
    return service.table.copies[stream]


def test_equal_orders_need_no_request_but_a_checksum_and_a_list(service, shop):
    report = reconcile()

    assert outcomes(report) == {Final.MATCH: 3}
    assert set(service.asked) == {CHECKSUMS, STREAMS}
    assert report.has_looked_for_extras


def test_one_order_after_the_other_finds_the_same(service, shop):
    assert outcomes(reconcile(is_per_key=True)) == {Final.MATCH: 3}
    assert ORDERS in service.asked


def test_lost_return_is_found_named_and_repaired(service, shop):
    alice, *_ = shop
    stream = customer_stream(alice.pk)
    rows = rows_of(service, stream)
    del rows[next(row for row in rows if "#return#" in row)]

    found = reconcile(patience_seconds=5)
    repaired = reconcile(
        patience_seconds=5, repair=Repair.EXECUTE, report=lambda _keys, _note: service.project()
    )

    assert [finding.key for finding in found.findings] == [stream]
    assert [str(place) for place in found.findings[0].differences] == ["order.returns[0] missing"]
    assert outcomes(repaired) == {Final.MATCH: 2, Final.REPAIRED: 1}


def test_order_that_only_the_service_has_is_found(service, shop):
    alice, _, _, second, _ = shop
    Order.objects.filter(pk=second.pk).delete()

    report = reconcile(patience_seconds=5)

    assert outcomes(report) == {Final.MATCH: 2, Final.WRONG: 1}
    assert [finding.key for finding in report.findings] == [customer_stream(alice.pk)]


def test_guest_order_that_only_the_service_has_is_extra(service, shop):
    *_, guests = shop
    Order.objects.filter(pk=guests.pk).delete()

    report = reconcile()

    assert outcomes(report) == {Final.MATCH: 2, Final.EXTRA: 1}
    assert report.findings[0].key == guest_order_stream(guests.number)


def test_nobodys_stream_is_not_extra_and_tells_the_lag(service, shop):
    heartbeats.send(ORDER_DETAIL, later())
    service.project()

    assert customer_stream(NOBODY) in service.table.heads
    assert outcomes(reconcile()) == {Final.MATCH: 3}
    assert heartbeats.look(ORDER_DETAIL, later(seconds=3)) == 3.0


def test_two_paths_may_send_heartbeats_on_nobodys_stream(service, shop):
    heartbeats.send("order_history", later())
    heartbeats.send(ORDER_DETAIL, later(seconds=1))
    heartbeats.send("order_history", later(seconds=2))
    service.project()

    assert heartbeats.look(ORDER_DETAIL, later(seconds=4)) == 3.0


def test_service_that_lost_everything_is_filled_again(service, shop):
    heartbeats.send(ORDER_DETAIL, later())
    service.project()
    service.table.heads.clear()
    service.table.copies.clear()
    before = outcomes(reconcile())

    backfill.run(ORDER_DETAIL)
    service.project()

    assert before == {Final.MISSING: 3}
    assert outcomes(reconcile()) == {Final.MATCH: 3}
    assert heartbeats.look(ORDER_DETAIL, later(seconds=3)) == 3.0
