"""Order history reconciled and repaired: the monolith's answers and those of the real service."""

from __future__ import annotations

import pytest

from event_contracts.streams import NOBODY, customer_stream
from monolith.ordering import operations
from monolith.outbox import recording
from monolith.strangler import backfill
from monolith.strangler.models import Heartbeat, ReconcileRun
from monolith.strangler.reconciliation import Final, Repair
from monolith.strangler.watching import heartbeats
from tests.factories import a_customer, an_order, later, recorded
from tests.monolith.ordering import reconciling
from tests.monolith.ordering.reconciling import outcomes

pytestmark = pytest.mark.django_db
ORDER_HISTORY = reconciling.ORDER_HISTORY.path.name
reconcile = reconciling.ORDER_HISTORY.reconcile


@pytest.fixture
def service(settings):
    with reconciling.ORDER_HISTORY.running(settings) as service:
        yield service


@pytest.fixture
def customers(service):
    """Three customers, of two, one and no orders, whom the service knows as the monolith does."""
    alice, bob, carol = a_customer(), a_customer("Bob"), a_customer("Carol")
    an_order(customer=alice)
    an_order(customer=alice, placed_at=later(hours=1))
    an_order(customer=bob)
    service.project()
    return alice, bob, carol


def test_pages_are_summed_up_on_both_sides_alike(service, customers, monkeypatch):
    monkeypatch.setattr("monolith.ordering.migration_paths.order_history.LARGEST_PAGE_SIZE", 1)
    monkeypatch.setattr("extracted_services.order_history.queries.LARGEST_PAGE_SIZE", 1)

    assert outcomes(reconcile()) == {Final.MATCH: 3}
    assert reconciling.ORDER_HISTORY.answers not in service.asked


def test_one_wrong_amount_is_found_and_named(service, customers):
    _, bob, _ = customers
    service.spoil(bob.pk, total_pence=1)

    report = reconcile(patience_seconds=5)

    assert outcomes(report) == {Final.MATCH: 2, Final.WRONG: 1}
    assert [finding.key for finding in report.findings] == [str(bob.pk)]
    assert [str(place) for place in report.findings[0].differences] == [
        "orders[0].total_pence changed"
    ]


@pytest.mark.parametrize("is_per_key", [False, True])
def test_checksums_find_what_page_by_page_finds(service, customers, is_per_key):
    alice, bob, _ = customers
    service.spoil(bob.pk, status="cancelled")
    service.forget(alice.pk)

    assert outcomes(reconcile(patience_seconds=0.5, is_per_key=is_per_key)) == {
        Final.MATCH: 1,
        Final.MISSING: 1,
        Final.WRONG: 1,
    }


def test_customer_whom_only_the_service_has_is_extra(service, customers):
    *_, carol = customers
    key = str(carol.pk)
    carol.delete()

    report = reconcile()

    assert outcomes(report) == {Final.MATCH: 2, Final.EXTRA: 1}
    assert report.findings[0].key == key


def test_dry_run_of_a_repair_says_what_it_would_send_and_sends_nothing(service, customers):
    _, bob, _ = customers
    service.spoil(bob.pk, total_pence=1)
    before = recorded()

    report = reconcile(patience_seconds=5, repair=Repair.DRY_RUN)

    assert report.repairable == (str(bob.pk),)
    assert outcomes(report)[Final.WRONG] == 1
    assert recorded() == before


def test_repair_heals_through_the_projector_and_no_other_way(service, customers):
    alice, bob, _ = customers
    service.spoil(bob.pk, total_pence=1)
    service.forget(alice.pk)
    seen = []

    def project_after_a_look(_keys, note):
        seen.append(repr(service.table.copies[str(bob.pk)]))
        if len(recorded_snapshots()) == 2:
            service.project()

    report = reconcile(patience_seconds=5, repair=Repair.EXECUTE, report=project_after_a_look)

    assert outcomes(report) == {Final.MATCH: 1, Final.REPAIRED: 2}
    assert report.findings == ()
    assert len(set(seen)) == 2  # as spoilt, until it was projected
    assert ReconcileRun.objects.get().repaired == 2


def test_repair_that_the_projector_does_not_get_repairs_nothing(service, customers):
    _, bob, _ = customers
    service.spoil(bob.pk, total_pence=1)

    report = reconcile(patience_seconds=1, repair=Repair.EXECUTE)

    assert outcomes(report) == {Final.MATCH: 2, Final.WRONG: 1}
    assert len(recorded_snapshots()) == 1


def recorded_snapshots():
    return [event for event in recorded() if event.event_type.endswith("snapshot_taken.v1")]


def test_order_that_is_placed_while_keys_are_compared_is_waited_for(service, customers):
    alice, *_ = customers
    order = an_order(customer=alice, placed_at=later(hours=2))

    def catch_up(_keys, note):
        if note:
            operations.dispatch_order(order_number=order.number, dispatched_at=later(hours=3))
            service.project()

    report = reconcile(patience_seconds=5, report=once(catch_up))

    assert outcomes(report) == {Final.MATCH: 2, Final.HEALED: 1}


def once(call):
    calls = iter([call])

    def report(keys, note):
        if note:
            next(calls, lambda *_: None)(keys, note)

    return report


def test_service_that_lost_everything_counts_heartbeats_again_after_a_backfill(service, customers):
    heartbeats.send(ORDER_HISTORY, later())
    service.project()
    service.table.heads.clear()
    heartbeats.send(ORDER_HISTORY, later(seconds=1))
    service.project()
    lost = heartbeats.look(ORDER_HISTORY, later(seconds=2))

    backfill.run(ORDER_HISTORY)
    service.project()

    assert lost is None
    assert heartbeats.look(ORDER_HISTORY, later(seconds=4)) == 3.0
    assert recording.current_version(customer_stream(NOBODY)) == 2


def test_backfill_of_a_lost_table_does_not_wait_for_beats_that_cannot_arrive(service, customers):
    heartbeats.send(ORDER_HISTORY, later())
    service.project()
    service.table.heads.clear()
    heartbeats.send(ORDER_HISTORY, later(seconds=1))
    seen: list[int | None] = []

    def look(_keys, _note):
        service.project()
        heartbeats.look(ORDER_HISTORY, later(seconds=4))
        seen.append(Heartbeat.objects.get().seen_version)

    backfill.run(ORDER_HISTORY, report=look)

    assert seen[0] == 2  # after the first chunk already


def test_lag_is_the_age_of_the_newest_heartbeat_that_arrived(service, customers):
    for second in range(3):
        heartbeats.send(ORDER_HISTORY, later(seconds=second))
        if second < 2:
            service.project()

    assert heartbeats.look(ORDER_HISTORY, later(seconds=10)) == 9.0
    seen = Heartbeat.objects.get()
    assert (seen.sent_version, seen.seen_version, seen.build) == (3, 2, "a-build")
    assert [version for version, _ in seen.beats] == [2, 3]
