"""Order history as a moving read: what is asked, and what backfill and reconciliation walk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.codec import decode, encode
from event_contracts.order_history import (
    LARGEST_PAGE_SIZE,
    ORDER_STATUSES,
    Cursor,
    OrderHistoryQuery,
)
from event_contracts.plain_values import to_plain
from extracted_services.order_history.queries import read_query
from monolith.ordering import operations
from monolith.ordering.migration_paths.order_history import ORDER_HISTORY, order_history
from monolith.ordering.queries import list_orders_for_customer
from monolith.strangler import backfill, reconciliation, registry
from monolith.strangler.reconciliation import Final
from tests.factories import (
    a_customer,
    a_dispatched_order,
    a_key,
    a_product,
    an_order,
    later,
    recorded,
)
from tests.monolith.strangler.service import running_service

AUGUST = datetime(2011, 8, 1, 12, 30, tzinfo=UTC)


def test_order_history_is_the_declared_path():
    assert registry.get_path(ORDER_HISTORY) is order_history


def test_bare_question_asks_for_a_page_of_the_usual_size():
    request = order_history.service_request(OrderHistoryQuery(customer_id=17850))

    assert request.path == "/customers/17850/orders"
    assert request.parameters == {"limit": "20"}


def test_filters_and_cursor_are_asked_in_the_service_s_words():
    request = order_history.service_request(
        OrderHistoryQuery(
            customer_id=17850,
            status="placed",
            placed_from=AUGUST,
            placed_until=AUGUST,
            before=Cursor(AUGUST, "B100001"),
            limit=5,
        )
    )

    assert request.parameters == {
        "status": "placed",
        "placed_from": "2011-08-01T12:30:00+00:00",
        "placed_until": "2011-08-01T12:30:00+00:00",
        "before": "2011-08-01T12:30:00+00:00~B100001",
        "limit": "5",
    }


INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(
    query=st.builds(
        OrderHistoryQuery,
        customer_id=st.integers(1, 2**31),
        status=st.sampled_from([None, *ORDER_STATUSES]),
        placed_from=st.none() | INSTANTS,
        placed_until=st.none() | INSTANTS,
        before=st.none() | st.builds(Cursor, INSTANTS, st.sampled_from(["536365", "B100001"])),
        limit=st.integers(1, LARGEST_PAGE_SIZE),
    )
)
def test_service_reads_the_question_that_was_asked(query):
    request = order_history.service_request(query)

    customer_id = request.path.split("/")[2]
    assert read_query(customer_id, dict(request.parameters)) == query


@pytest.mark.django_db
def test_snapshot_states_all_orders_at_the_version_of_the_stream():
    alice = a_customer()
    a_product("JAR", price_pence=295)
    order = a_dispatched_order(("JAR", 3), customer=alice)
    an_order(customer=alice, placed_at=later(days=1))
    operations.return_items(
        order_number=order.number,
        lines=[operations.ReturnRequest(stock_code="JAR", quantity=1)],
        returned_at=later(days=2),
        idempotency_key=a_key(),
    )

    backfill.run(ORDER_HISTORY)

    page = list_orders_for_customer(OrderHistoryQuery(customer_id=alice.pk))
    snapshot = recorded()[-1]
    assert snapshot.stream == f"customer/{alice.pk}"
    assert snapshot.version == page.as_of
    assert snapshot.data.orders == tuple(order.without_owner() for order in page.orders)
    assert decode(encode(snapshot)) == snapshot


@pytest.mark.django_db
def test_customers_without_orders_are_walked_too():
    customers = [a_customer() for _ in range(5)]

    run = backfill.run(ORDER_HISTORY)

    assert run.keys_done == 5
    assert run.position == str(max(customer.pk for customer in customers))


@pytest.mark.django_db
def test_reconciliation_walks_every_page_of_every_customer(settings, monkeypatch):
    monkeypatch.setattr(f"{order_history.service_request.__module__}.LARGEST_PAGE_SIZE", 2)
    by_page = replace(order_history, checksum_request=None, keys_request=None)
    monkeypatch.setitem(registry._declared, ORDER_HISTORY, by_page)
    alice, bob = a_customer(), a_customer("Bob")
    for hours in range(5):
        an_order(customer=alice, placed_at=later(hours=hours))
    held = {customer.pk: _all_orders(customer) for customer in (alice, bob)}

    with running_service() as service:
        settings.STRANGLER_SERVICE_URLS = {ORDER_HISTORY: service.url}
        settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
        service.respond = service.answer_json(lambda handler: _answer(held, handler))
        agreeing = reconciliation.run(ORDER_HISTORY)
        held[alice.pk]["orders"][4]["total_pence"] += 1
        disagreeing = reconciliation.run(ORDER_HISTORY)

    assert agreeing.counts[Final.MATCH] == 2
    assert disagreeing.counts[Final.WRONG] == 1
    assert [finding.key for finding in disagreeing.findings] == [str(alice.pk)]


def _all_orders(customer):
    return to_plain(list_orders_for_customer(OrderHistoryQuery(customer_id=customer.pk, limit=100)))


def _answer(held, handler):
    """Answer as the service does: a page of what it holds, newest first."""
    parts = urlsplit(handler.path)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    history = held[int(parts.path.split("/")[-2])]
    orders, limit = history["orders"], int(asked["limit"])
    if "before" in asked:
        number = asked["before"].rpartition("~")[2]
        orders = orders[[order["order_number"] for order in orders].index(number) + 1 :]
    page = orders[:limit]
    following = (
        f"{page[-1]['placed_at']}~{page[-1]['order_number']}" if len(orders) > limit else None
    )
    return {**history, "orders": page, "next": following}
