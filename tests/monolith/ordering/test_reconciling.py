"""What is true of every path of ordering that is reconciled with its service, and repaired."""

from __future__ import annotations

import pytest

from monolith.ordering import operations
from monolith.strangler import backfill
from monolith.strangler.reconciliation import Final, Repair
from monolith.strangler.watching import heartbeats
from tests.factories import a_customer, a_dispatched_order, a_key, a_product, an_order, later
from tests.monolith.ordering.reconciling import PATHS, outcomes

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("served", PATHS, ids=lambda served: served.path.name),
]


@pytest.fixture
def service(served, settings):
    with served.running(settings) as service:
        yield service


@pytest.fixture
def keys(served, service):
    """One who sent something back and cancelled something, one without orders, and a guest.

    What the service knows as the monolith does; the first key is theirs who sent something back.
    """
    alice = a_customer()
    a_customer("Bob")
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
    an_order()
    service.project()
    return served.path.source.keys_after("", 10)


def test_equal_copies_need_no_request_but_a_checksum_and_a_list(served, service, keys):
    report = served.reconcile()

    assert outcomes(report) == {Final.MATCH: len(keys)}
    assert set(service.asked) == {served.checksums, served.lists}
    assert service.asked.count(served.checksums) == 1
    assert report.has_looked_for_extras


def test_one_key_after_the_other_finds_the_same(served, service, keys):
    assert outcomes(served.reconcile(is_per_key=True)) == {Final.MATCH: len(keys)}
    assert served.answers in service.asked


def test_what_was_spoilt_is_found_named_and_repaired(served, service, keys):
    served.spoil(service.table.copies[keys[0]])

    found = served.reconcile(patience_seconds=5)
    repaired = served.reconcile(
        patience_seconds=5, repair=Repair.EXECUTE, report=lambda _keys, _note: service.project()
    )

    assert [finding.key for finding in found.findings] == [keys[0]]
    assert served.difference in map(str, found.findings[0].differences)
    assert outcomes(repaired) == {Final.MATCH: len(keys) - 1, Final.REPAIRED: 1}


def test_service_that_lost_everything_is_filled_again(served, service, keys):
    heartbeats.send(served.path.name, later())
    service.project()
    service.table.heads.clear()
    service.table.copies.clear()
    before = outcomes(served.reconcile())

    backfill.run(served.path.name)
    service.project()

    assert before == {Final.MISSING: len(keys)}
    assert outcomes(served.reconcile()) == {Final.MATCH: len(keys)}
    assert heartbeats.look(served.path.name, later(seconds=3)) == 3.0


def test_nobody_is_not_extra_and_tells_the_lag(served, service, keys):
    heartbeats.send(served.path.name, later())
    service.project()

    assert served.path.heartbeat.key in service.table.heads
    assert outcomes(served.reconcile()) == {Final.MATCH: len(keys)}
    assert heartbeats.look(served.path.name, later(seconds=3)) == 3.0


def test_other_paths_may_send_heartbeats_on_the_same_stream(served, service, keys):
    earlier, after = (other for other in PATHS if other is not served)
    for second, sender in enumerate((earlier, served, after)):
        heartbeats.send(sender.path.name, later(seconds=second))
    service.project()

    assert heartbeats.look(served.path.name, later(seconds=4)) == 3.0
