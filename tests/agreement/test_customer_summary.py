"""Sums that are not taken as the service takes them do not agree: the laws would see it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from event_contracts.codec import decode
from extracted_services.customer_summary import projection
from extracted_services.read_models.projecting import Head
from tests.agreement.copies import CUSTOMER_SUMMARY
from tests.agreement.delivering import deliver, published
from tests.agreement.shop import a_shop

pytestmark = pytest.mark.django_db


def test_a_counter_that_is_added_to_blindly_is_caught():
    with a_shop(CUSTOMER_SUMMARY) as shop:
        shop.carry_out([("place", 1, "B2", 3)])
        customer_id, once = str(shop.customer_ids[1]), published()
        guarded, blind = CUSTOMER_SUMMARY.new_store(), CUSTOMER_SUMMARY.new_store()

        for text in (*once, once[-1]):
            deliver(text, CUSTOMER_SUMMARY.handlers, guarded)
            count_blindly(decode(text), blind)

        (right,) = CUSTOMER_SUMMARY.monolith_answer(customer_id)
        assert CUSTOMER_SUMMARY.service_answer(customer_id, guarded) == [right]
        assert order_count(customer_id, blind) == right.order_count + 1


def order_count(customer_id, store):
    (summary,) = CUSTOMER_SUMMARY.service_answer(customer_id, store)
    return summary.order_count


def count_blindly(envelope, store):
    """Sabotage: take every event for the next one, whatever the head says."""
    customer_id = projection.customer_of(envelope)
    before = Head(as_of=envelope.version - 1) if envelope.version > 1 else None
    touched = partial(store.touched_by, envelope.data, customer_id=customer_id)
    decision = projection.decide(envelope, before, touched)
    assert decision.changes is not None
    store.write(replace(decision.changes, expected=store.find_head(customer_id)))
