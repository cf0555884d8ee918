"""The agreement law for whole orders, customers' and guests': what is kept is what happened."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from hypothesis import given

from event_contracts.codec import decode
from event_contracts.streams import customer_stream, guest_order_stream
from extracted_services.order_detail import handlers
from extracted_services.order_detail import queries as service
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.projecting import VersionGap
from monolith.ordering.legacy import load_orders
from monolith.ordering.migration_paths.order_detail import order_detail
from monolith.ordering.queries import get_order_detail, list_guest_orders
from monolith.outbox import recording
from monolith.strangler.snapshots import record_snapshots
from tests.agreement.shop import (
    Shop,
    commands,
    deliveries,
    legacy_order,
    relaxed,
    with_duplicates,
)
from tests.extracted_services.order_detail.orders import in_memory_orders

if TYPE_CHECKING:
    from event_contracts.order_detail import OrderDetailQuery

pytestmark = pytest.mark.django_db

OLD_GUEST_ORDER = "536370"
GUEST = 3


@relaxed
@given(commands=commands, disorder=deliveries)
def test_in_order_with_duplicates_the_service_answers_as_the_monolith(commands, disorder):
    with a_shop_with_guests() as shop:
        record_snapshots(order_detail, shop.old_streams)
        shop.carry_out(commands)
        store = in_memory_orders()

        for text in with_duplicates(shop.published(), disorder):
            handlers.project(decode(text), kept_in=store)

        for stream in shop.streams():
            assert service_answer(stream, store) == monolith_answer(stream)


@relaxed
@given(commands=commands, disorder=deliveries)
def test_in_any_order_the_service_never_answers_what_was_never_true(commands, disorder):
    with a_shop_with_guests() as shop:
        shop.carry_out(commands)
        store = in_memory_orders()
        waiting = with_duplicates(shop.published(), disorder)
        disorder.shuffle(waiting)

        for text in [*waiting, *waiting]:
            deliver(text, store)
            for stream in shop.streams():
                answer = find_answer(stream, store)
                assert answer is None or answer == shop.answers[stream, answer[0].as_of]


@relaxed
@given(commands=commands, disorder=deliveries)
def test_a_backfill_heals_whatever_was_lost(commands, disorder):
    with a_shop_with_guests() as shop:
        shop.carry_out(commands)
        store = in_memory_orders()
        for text in [text for text in shop.published() if disorder.random() < 0.5]:
            deliver(text, store)

        backfill(shop, store)

        for stream in shop.streams():
            assert service_answer(stream, store) == monolith_answer(stream)


@relaxed
@given(commands=commands)
def test_a_read_model_that_was_dropped_is_rebuilt_to_the_same_orders(commands):
    with a_shop_with_guests() as shop:
        record_snapshots(order_detail, shop.old_streams)
        shop.carry_out(commands)
        grown, rebuilt = in_memory_orders(), in_memory_orders()
        for text in shop.published():
            deliver(text, grown)

        backfill(shop, rebuilt)

        for stream in shop.streams():
            assert rebuilt.read_orders(stream) == grown.read_orders(stream)


@contextmanager
def a_shop_with_guests():
    """A shop with a past, whose every trace is gone afterwards."""
    with transaction.atomic():
        yield ShopWithGuests()
        transaction.set_rollback(True)


class ShopWithGuests(Shop):
    """Guests order, too, and did so before there were events."""

    def __init__(self):
        super().__init__(order_detail, None)
        load_orders([replace(legacy_order(OLD_GUEST_ORDER), customer_id=None)])
        self.old_streams = [
            customer_stream(self.customer_ids[0]),
            guest_order_stream(OLD_GUEST_ORDER),
        ]
        self.order_numbers.append(OLD_GUEST_ORDER)
        self._note_answers()

    def streams(self):
        guests = map(guest_order_stream, list_guest_orders())
        return [*map(customer_stream, self.customer_ids), *guests]

    def snapshot(self, customer_id):
        record_snapshots(order_detail, [customer_stream(customer_id)])

    def _note_answers(self):
        recording.flush()  # as the commit would
        for stream, version in recording.current_versions(self.streams()).items():
            if (stream, version) not in self.answers:
                self.answers[stream, version] = monolith_answer(stream)

    def _buyer(self, which):
        return None if which == GUEST else self._customer(which)


def backfill(shop, store):
    before = len(shop.published())
    record_snapshots(order_detail, shop.streams())
    for text in shop.published()[before:]:
        deliver(text, store)


def deliver(text, store):
    try:
        handlers.project(decode(text), kept_in=store)
    except VersionGap:
        return  # back to the queue


def find_answer(stream, store):
    try:
        return service_answer(stream, store)
    except NotComplete:
        return None


def service_answer(stream, store):
    return walked(stream, lambda query: service.answer(query, store))


def monolith_answer(stream):
    return walked(stream, get_order_detail)


def walked(stream, ask):
    pages = []
    following: OrderDetailQuery | None = order_detail.source.first_query(stream)
    while following is not None:
        pages.append(ask(following))
        following = order_detail.source.next_query(following, pages[-1])
    return pages
