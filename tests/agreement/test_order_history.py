"""The agreement law: whatever happens, the monolith's answer is the projection of its events.

Real operations on real PostgreSQL on one side; on the other the service's own projection and
queries, fed with the texts that the outbox would publish, duplicated and reordered.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from event_contracts.codec import decode
from event_contracts.order_history import OrderHistoryQuery
from extracted_services.order_history import handlers
from extracted_services.order_history import queries as service
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.projecting import VersionGap
from monolith.ordering import queries as monolith
from monolith.ordering.migration_paths.order_history import order_history
from tests.agreement.shop import (
    LEGACY_CUSTOMER,
    a_shop,
    commands,
    deliveries,
    relaxed,
    with_duplicates,
)
from tests.extracted_services.order_history.histories import in_memory_histories

pytestmark = pytest.mark.django_db


@relaxed
@given(commands=commands, disorder=deliveries)
def test_in_order_with_duplicates_the_service_answers_as_the_monolith(commands, disorder):
    with a_shop(order_history, monolith_answer) as shop:
        shop.snapshot(LEGACY_CUSTOMER)
        shop.carry_out(commands)
        store = in_memory_histories()

        for text in with_duplicates(shop.published(), disorder):
            handlers.project(decode(text), kept_in=store)

        for customer_id in shop.customer_ids:
            assert whole_answer(customer_id, store) == monolith_answer(customer_id)


@relaxed
@given(commands=commands, disorder=deliveries)
def test_in_any_order_the_service_never_answers_what_was_never_true(commands, disorder):
    with a_shop(order_history, monolith_answer) as shop:
        shop.carry_out(commands)
        store = in_memory_histories()
        waiting = with_duplicates(shop.published(), disorder)
        disorder.shuffle(waiting)

        for text in [*waiting, *waiting]:
            deliver(text, store)
            for customer_id in shop.customer_ids:
                answer = find_answer(customer_id, store)
                assert answer is None or answer == shop.answers[customer_id, answer.as_of]


@relaxed
@given(commands=commands, disorder=deliveries)
def test_a_backfill_heals_whatever_was_lost(commands, disorder):
    with a_shop(order_history, monolith_answer) as shop:
        shop.carry_out(commands)
        store = in_memory_histories()
        survivors = [text for text in shop.published() if disorder.random() < 0.5]
        for text in survivors:
            deliver(text, store)

        for customer_id in shop.customer_ids:
            shop.snapshot(customer_id)
            deliver(shop.published()[-1], store)

        for customer_id in shop.customer_ids:
            assert whole_answer(customer_id, store) == monolith_answer(customer_id)


def deliver(text, store):
    try:
        handlers.project(decode(text), kept_in=store)
    except VersionGap:
        return  # back to the queue


def find_answer(customer_id, store):
    try:
        return whole_answer(customer_id, store)
    except NotComplete:
        return None


def whole_answer(customer_id, store):
    return all_pages(customer_id, lambda query: service.answer(query, store))


def monolith_answer(customer_id):
    return all_pages(customer_id, monolith.list_orders_for_customer)


def all_pages(customer_id, ask):
    query = OrderHistoryQuery(customer_id=customer_id, limit=2)
    page = ask(query)
    orders = page.orders
    while following := order_history.source.next_query(query, page):
        query, page = following, ask(following)
        orders += page.orders
    return replace(page, orders=orders)
