"""The agreement law for sums: however it is delivered, what is added up is what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from hypothesis import given

from event_contracts.codec import decode
from event_contracts.customer_summary import CustomerSummaryQuery
from extracted_services.customer_summary import handlers, projection
from extracted_services.customer_summary import queries as service
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.projecting import Head, VersionGap
from monolith.ordering.migration_paths.customer_summary import customer_summary
from monolith.ordering.queries import get_customer_summary
from tests.agreement.shop import (
    LEGACY_CUSTOMER,
    a_shop,
    commands,
    deliveries,
    relaxed,
    with_duplicates,
)
from tests.extracted_services.customer_summary.customers import in_memory_summaries

pytestmark = pytest.mark.django_db

ON = date(2025, 3, 2)


@relaxed
@given(commands=commands, disorder=deliveries)
def test_in_order_with_duplicates_the_service_answers_as_the_monolith(commands, disorder):
    with a_shop(customer_summary, monolith_answer) as shop:
        shop.snapshot(LEGACY_CUSTOMER)
        shop.carry_out(commands)
        store = in_memory_summaries()

        for text in with_duplicates(shop.published(), disorder):
            handlers.project(decode(text), kept_in=store)

        for customer_id in shop.customer_ids:
            assert service_answer(customer_id, store) == monolith_answer(customer_id)


@relaxed
@given(commands=commands, disorder=deliveries)
def test_in_any_order_the_service_never_answers_what_was_never_true(commands, disorder):
    with a_shop(customer_summary, monolith_answer) as shop:
        shop.carry_out(commands)
        store = in_memory_summaries()
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
    with a_shop(customer_summary, monolith_answer) as shop:
        shop.carry_out(commands)
        store = in_memory_summaries()
        survivors = [text for text in shop.published() if disorder.random() < 0.5]
        for text in survivors:
            deliver(text, store)

        backfill(shop, store)

        for customer_id in shop.customer_ids:
            assert service_answer(customer_id, store) == monolith_answer(customer_id)


@relaxed
@given(commands=commands)
def test_a_read_model_that_was_dropped_is_rebuilt_to_the_same_rows(commands):
    with a_shop(customer_summary, monolith_answer) as shop:
        shop.snapshot(LEGACY_CUSTOMER)
        shop.carry_out(commands)
        grown, rebuilt = in_memory_summaries(), in_memory_summaries()
        for text in shop.published():
            deliver(text, grown)

        backfill(shop, rebuilt)

        for customer_id in map(str, shop.customer_ids):
            assert rebuilt.table.read(customer_id) == grown.table.read(customer_id)


def test_a_counter_that_is_added_to_blindly_is_caught():
    with a_shop(customer_summary, monolith_answer) as shop:
        shop.carry_out([("place", 1, "B2", 3)])
        customer_id, once = shop.customer_ids[1], shop.published()
        guarded, blind = in_memory_summaries(), in_memory_summaries()

        for text in (*once, once[-1]):
            deliver(text, guarded)
            count_blindly(decode(text), blind)

        assert service_answer(customer_id, guarded) == monolith_answer(customer_id)
        assert service_answer(customer_id, blind).order_count == 2


def count_blindly(envelope, store):
    """Sabotage: take every event for the next one, whatever the head says."""
    customer_id = projection.customer_of(envelope)
    before = Head(as_of=envelope.version - 1) if envelope.version > 1 else None
    touched = partial(store.touched_by, envelope.data, customer_id=customer_id)
    decision = projection.decide(envelope, before, touched)
    assert decision.changes is not None
    store.write(replace(decision.changes, expected=store.find_head(customer_id)))


def backfill(shop, store):
    for customer_id in shop.customer_ids:
        shop.snapshot(customer_id)
        deliver(shop.published()[-1], store)


def deliver(text, store):
    try:
        handlers.project(decode(text), kept_in=store)
    except VersionGap:
        return  # back to the queue


def find_answer(customer_id, store):
    try:
        return service_answer(customer_id, store)
    except NotComplete:
        return None


def service_answer(customer_id, store):
    return service.answer(CustomerSummaryQuery(customer_id=customer_id, on=ON), store)


def monolith_answer(customer_id):
    return get_customer_summary(CustomerSummaryQuery(customer_id=customer_id, on=ON))
