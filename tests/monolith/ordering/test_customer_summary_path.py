"""The customer summary as a moving read: what is asked, and what is sent to fill a service."""

from __future__ import annotations

from datetime import date

import pytest

from event_contracts.codec import decode, encode
from event_contracts.customer_summary import CustomerSummaryQuery
from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.streams import NOBODY
from monolith.ordering.migration_paths.customer_summary import (
    CUSTOMER_SUMMARY,
    RECONCILED_ON,
    customer_summary,
)
from monolith.ordering.migration_paths.order_history import order_history
from monolith.ordering.queries import get_customer_summary
from monolith.strangler import backfill, registry
from tests.factories import a_customer, an_order, recorded

QUERY = CustomerSummaryQuery(customer_id=17850, on=date(2011, 8, 31))


def test_customer_summary_is_a_declared_path_of_the_histories_family():
    assert registry.get_path(CUSTOMER_SUMMARY) is customer_summary
    assert customer_summary.family == order_history.family


def test_question_is_asked_in_the_service_s_words():
    request = customer_summary.service_request(QUERY)

    assert request.path == "/customers/17850/summary"
    assert request.parameters == {"on": "2011-08-31"}


def test_whole_answers_are_about_one_day_on_both_sides():
    assert customer_summary.checksum_request is not None
    request = customer_summary.checksum_request(["17850", "12346"])

    assert request.parameters == {"ids": "17850,12346", "on": RECONCILED_ON.isoformat()}
    assert customer_summary.source.first_query("17850").on == RECONCILED_ON


def test_heartbeats_travel_on_the_stream_of_nobody():
    heartbeat = customer_summary.heartbeat

    assert heartbeat is not None
    assert heartbeat.query.customer_id == NOBODY


@pytest.mark.django_db
def test_samples_are_evenly_spread_over_the_customers():
    customers = [a_customer() for _ in range(6)]

    asked = [query.customer_id for query in customer_summary.sample_queries(3)]

    assert asked == [customer.pk for customer in customers[::2]]


@pytest.mark.django_db
def test_backfill_states_whole_orders_at_the_version_of_the_stream():
    alice = a_customer()
    order = an_order(customer=alice)

    backfill.run(CUSTOMER_SUMMARY)

    snapshot = recorded()[-1]
    query = CustomerSummaryQuery(customer_id=alice.pk, on=date(2025, 3, 1))
    assert isinstance(snapshot.data, CustomerOrdersSnapshotTaken)
    assert [each.order_number for each in snapshot.data.orders] == [order.number]
    assert snapshot.version == get_customer_summary(query).as_of
    assert decode(encode(snapshot)) == snapshot
