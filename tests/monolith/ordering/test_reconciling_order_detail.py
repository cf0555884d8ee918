"""Whole orders reconciled: what only the service has, of customers and of guests."""

from __future__ import annotations

import pytest

from event_contracts.streams import customer_stream, guest_order_stream
from monolith.ordering.models import Order
from monolith.strangler.reconciliation import Final
from tests.factories import a_customer, an_order
from tests.monolith.ordering.reconciling import ORDER_DETAIL, outcomes

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(settings):
    """A customer's order and a guest's, which the service knows as the monolith does."""
    with ORDER_DETAIL.running(settings) as service:
        orders = an_order(customer=a_customer()), an_order()
        service.project()
        yield orders


def test_order_that_only_the_service_has_is_found(orders):
    customers, _ = orders
    Order.objects.filter(pk=customers.pk).delete()

    report = ORDER_DETAIL.reconcile(patience_seconds=5)

    assert outcomes(report) == {Final.MATCH: 1, Final.WRONG: 1}
    assert [finding.key for finding in report.findings] == [customer_stream(customers.customer_id)]


def test_guest_order_that_only_the_service_has_is_extra(orders):
    _, guests = orders
    Order.objects.filter(pk=guests.pk).delete()

    report = ORDER_DETAIL.reconcile()

    assert outcomes(report) == {Final.MATCH: 1, Final.EXTRA: 1}
    assert report.findings[0].key == guest_order_stream(guests.number)
