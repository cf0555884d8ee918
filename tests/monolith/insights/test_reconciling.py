"""Reports reconciled stream by stream: the monolith's tables and the real service over its lake."""

from __future__ import annotations

import threading

import pytest

from event_contracts.codec import decode
from event_contracts.streams import customer_stream, guest_order_stream
from extracted_services.sales_insights import handlers, projection, store
from extracted_services.sales_insights.store import ObjectLake
from extracted_services.sales_insights.view import landing_of
from monolith.catalogue.operations import change_price
from monolith.insights.migration_paths import SALES_INSIGHTS
from monolith.ordering import operations
from monolith.ordering.models import Order
from monolith.outbox.models import OutboxMessage
from monolith.strangler import backfill, reconciliation
from monolith.strangler.reconciliation import Final, Repair
from monolith.strangler.watching import heartbeats
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects
from tests.factories import a_customer, a_dispatched_order, a_key, a_product, an_order, later
from tests.monolith.strangler.real_service import RealService
from tests.monolith.strangler.service import running_service

pytestmark = pytest.mark.django_db
CHECKSUMS, STREAMS, QUESTIONS = (
    "GET /streams/checksums", "GET /streams", "GET /insights/{questions}",
)  # fmt: skip


class InsightsService(RealService):
    """One at a time, as a function of Lambda's answers."""

    def __init__(self, service, folder, engine):
        self._folder, self._engine, self._turn = folder, engine, threading.Lock()
        super().__init__(service, handlers=handlers, store=lambda _table: self.empty())

    def empty(self):
        self.store = ObjectLake(InMemoryObjects(), self._folder)
        return self.store

    def project(self, *, without=()):
        rows = OutboxMessage.objects.filter(pk__gt=self._projected).order_by("pk")
        for pk, payload in rows.values_list("pk", "payload"):
            self._projected = pk
            envelope = decode(payload)
            if (envelope.stream, envelope.event_type) not in without and (
                facts := projection.facts_of(envelope)
            ):
                self.store.land(*landing_of(facts))

    def respond(self, handler):
        with self._turn:
            super().respond(handler)


@pytest.fixture
def service(settings, tmp_path, monkeypatch):
    with running_service() as running, store.engine() as engine:
        settings.STRANGLER_SERVICE_URLS = {SALES_INSIGHTS: running.url}
        settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
        monkeypatch.setattr(handlers, "_engine", lambda: engine)
        yield InsightsService(running, tmp_path, engine)


@pytest.fixture
def shop():
    """A customer with two orders, one of them partly returned, one without, a guest's, one gift."""
    alice = a_customer()
    a_customer("Bob")
    a_product("JAR")
    first = a_dispatched_order(("JAR", 2), customer=alice)
    an_order(("JAR", 1), customer=alice, placed_at=later(hours=1))
    operations.return_items(
        order_number=first.number,
        lines=[operations.ReturnRequest(stock_code="JAR", quantity=1)],
        returned_at=later(days=2),
        idempotency_key=a_key(),
    )
    return customer_stream(alice.pk), an_order(("JAR", 1))


def reconcile(patience_seconds=0.0, **options):
    return reconciliation.run(SALES_INSIGHTS, patience_seconds=patience_seconds, **options)


def outcomes(report):
    return {final: count for final, count in report.counts.items() if count}


def test_equal_streams_need_no_request_but_a_checksum_and_a_list(service, shop):
    service.project()

    report = reconcile()

    assert outcomes(report) == {Final.MATCH: 3}
    assert set(service.asked) == {CHECKSUMS, STREAMS}
    assert report.has_looked_for_extras


def test_one_stream_after_the_other_finds_the_same(service, shop):
    service.project()

    assert outcomes(reconcile(is_per_key=True)) == {Final.MATCH: 3}
    assert QUESTIONS in service.asked


def test_lost_order_is_missing_until_a_snapshot_tells_it(service, shop):
    stream, _ = shop
    service.project(without={(stream, "ordering.order_placed.v1")})

    found = reconcile()
    repaired = reconcile(
        patience_seconds=5, repair=Repair.EXECUTE, report=lambda _keys, _note: service.project()
    )

    assert [(each.key, each.final) for each in found.findings] == [(stream, Final.MISSING)]
    assert outcomes(repaired) == {Final.MATCH: 2, Final.REPAIRED: 1}


def test_price_that_the_service_lost_is_found_and_told_again(service, shop):
    service.project()
    change_price(stock_code="JAR", price_pence=1_000, effective_at=later(days=1))
    service.project(without={("product/JAR", "catalogue.price_changed.v1")})

    found = reconcile()
    repaired = reconcile(
        patience_seconds=5, repair=Repair.EXECUTE, report=lambda _keys, _note: service.project()
    )

    assert [(each.key, each.final) for each in found.findings] == [
        ("product/JAR", Final.STALE_OVERDUE)
    ]
    assert outcomes(repaired) == {Final.MATCH: 2, Final.REPAIRED: 1}


def test_order_that_the_tables_lost_is_wrong(service, shop):
    stream, _ = shop
    service.project()
    newest = Order.objects.exclude(customer=None).order_by("placed_at").latest("placed_at")
    Order.objects.filter(pk=newest.pk).delete()

    report = reconcile(patience_seconds=5)

    assert [(each.key, each.final) for each in report.findings] == [(stream, Final.WRONG)]


def test_stream_that_only_the_service_has_is_extra(service, shop):
    _, guests = shop
    service.project()
    Order.objects.filter(pk=guests.pk).delete()

    report = reconcile()

    assert outcomes(report) == {Final.MATCH: 2, Final.EXTRA: 1}
    assert report.findings[0].key == guest_order_stream(guests.number)


def test_what_was_just_ordered_is_stale_and_not_wrong(service, shop):
    service.project()
    stream, _ = shop
    an_order(
        ("JAR", 1), customer=Order.objects.exclude(customer=None).earliest("placed_at").customer
    )

    report = reconcile()

    assert [(each.key, each.final) for each in report.findings] == [(stream, Final.STALE_OVERDUE)]


def test_nobodys_stream_is_not_extra_and_tells_the_lag(service, shop):
    heartbeats.send("order_history", later())
    heartbeats.send(SALES_INSIGHTS, later(seconds=1))
    heartbeats.send("order_history", later(seconds=2))
    service.project()

    assert outcomes(reconcile()) == {Final.MATCH: 3}
    assert heartbeats.look(SALES_INSIGHTS, later(seconds=4)) == 3.0


def test_service_that_lost_everything_is_filled_again(service, shop):
    heartbeats.send(SALES_INSIGHTS, later())
    service.project()
    service.empty()
    assert heartbeats.look(SALES_INSIGHTS, later(seconds=1)) is None

    backfill.run(SALES_INSIGHTS)
    service.project()

    assert outcomes(reconcile()) == {Final.MATCH: 3}
    assert heartbeats.look(SALES_INSIGHTS, later(seconds=3)) == 3.0


def test_service_that_knows_nobody_has_heard_nothing(service, shop):
    service.project()

    assert heartbeats.look(SALES_INSIGHTS, later()) is None
