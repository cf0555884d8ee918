"""The agreement law: whatever happens, the monolith's answer is the projection of its events.

Real operations on real PostgreSQL on one side; on the other the service's own projection and
queries, fed with the texts that the outbox would publish, duplicated and reordered.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from event_contracts.codec import decode
from event_contracts.order_history import OrderHistoryQuery
from event_contracts.streams import customer_stream
from extracted_services.order_history import handlers
from extracted_services.order_history import queries as service
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.projecting import VersionGap
from monolith.catalogue.legacy import LegacyProduct, load_products
from monolith.customers import operations as customers
from monolith.customers.legacy import LegacyCustomer, load_customers
from monolith.ordering import operations
from monolith.ordering import queries as monolith
from monolith.ordering.legacy import LegacyLine, LegacyOrder, load_orders
from monolith.ordering.migration_paths.order_history import order_history
from monolith.outbox import recording
from monolith.outbox.models import OutboxMessage
from tests.extracted_services.order_history.histories import in_memory_histories
from tests.factories import HOME, NOON, a_country, a_customer, a_key, delivery, lines

pytestmark = pytest.mark.django_db

LEGACY_CUSTOMER = 17850
PRODUCTS = ("A1", "B2", "C3")
REFUSALS = (
    operations.OutOfStock,
    operations.OrderAlreadyCancelled,
    operations.OrderAlreadyDispatched,
    operations.OrderNotDispatched,
    operations.ReturnExceedsOrder,
)

which = st.integers(0, 3)
quantities = st.integers(1, 5)
commands = st.lists(
    st.one_of(
        st.tuples(st.just("place"), which, st.sampled_from(PRODUCTS), quantities),
        st.tuples(st.just("dispatch"), which),
        st.tuples(st.just("cancel"), which),
        st.tuples(st.just("return"), which, quantities),
        st.tuples(st.just("move"), which, st.sampled_from([HOME, "France"])),
        st.tuples(st.just("snapshot"), which),
    ),
    min_size=1,
    max_size=14,
)
deliveries = st.randoms(use_true_random=False)
relaxed = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(commands=commands, disorder=deliveries)
def test_in_order_with_duplicates_the_service_answers_as_the_monolith(commands, disorder):
    with a_shop() as shop:
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
    with a_shop() as shop:
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
    with a_shop() as shop:
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


@contextmanager
def a_shop():
    """A shop with a past, whose every trace is gone afterwards."""
    with transaction.atomic():
        yield Shop()
        transaction.set_rollback(True)


class Shop:
    """One customer from before there were events, one since, and what both were answered when."""

    def __init__(self):
        a_country("France")
        load_products(
            [
                LegacyProduct(
                    stock_code=code,
                    description=f"PRODUCT {code}",
                    listed_at=NOON,
                    prices=((NOON, 100 + number),),
                    quantity=12,
                )
                for number, code in enumerate(PRODUCTS)
            ]
        )
        load_customers(
            [LegacyCustomer(customer_id=LEGACY_CUSTOMER, country=HOME, registered_at=NOON)]
        )
        load_orders([legacy_order(number) for number in ("536365", "536366")])
        self.customer_ids = [LEGACY_CUSTOMER, a_customer().pk]
        self.answers = {}
        self.order_numbers = ["536365", "536366"]
        self.now = NOON
        self._note_answers()

    def carry_out(self, commands):
        for verb, *arguments in commands:
            self.now += timedelta(minutes=arguments[0])
            try:
                with transaction.atomic():
                    getattr(self, f"_{verb}")(*arguments)
            except REFUSALS:
                continue
            self._note_answers()

    def snapshot(self, customer_id):
        stream = customer_stream(customer_id)
        recording.lock_stream(stream)
        snapshot = order_history.source.snapshot(str(customer_id))
        recording.record_snapshot(snapshot, stream=stream, occurred_at=self.now)

    def published(self):
        recording.flush()
        return list(OutboxMessage.objects.order_by("id").values_list("payload", flat=True))

    def _note_answers(self):
        recording.flush()  # as the commit would
        for customer_id in self.customer_ids:
            answer = monolith_answer(customer_id)
            self.answers[customer_id, answer.as_of] = answer

    def _place(self, which, stock_code, quantity):
        order = operations.place_order(
            lines=lines((stock_code, quantity), (PRODUCTS[0], 1)),
            customer_id=self._customer(which),
            delivery=delivery(),
            placed_at=self.now,
            idempotency_key=a_key(),
        )
        self.order_numbers.append(order.number)

    def _dispatch(self, which):
        operations.dispatch_order(order_number=self._order(which), dispatched_at=self.now)

    def _cancel(self, which):
        operations.cancel_order(
            order_number=self._order(which), cancelled_at=self.now, reason="changed my mind"
        )

    def _return(self, which, quantity):
        operations.return_items(
            order_number=self._order(which),
            lines=[operations.ReturnRequest(stock_code=PRODUCTS[0], quantity=quantity)],
            returned_at=self.now,
            idempotency_key=a_key(),
        )

    def _move(self, which, country):
        customers.change_details(
            customer_id=self._customer(which), country=country, changed_at=self.now
        )

    def _snapshot(self, which):
        self.snapshot(self._customer(which))

    def _customer(self, which):
        return self.customer_ids[which % len(self.customer_ids)]

    def _order(self, which):
        # The newest first: most of what happens, happens to orders just placed.
        return self.order_numbers[-1 - which % len(self.order_numbers)]


def legacy_order(number):
    return LegacyOrder(
        number=number,
        customer_id=LEGACY_CUSTOMER,
        country=HOME,
        placed_at=NOON,
        dispatched_at=NOON,
        lines=(LegacyLine(stock_code=PRODUCTS[0], quantity=3, unit_price_pence=95),),
    )


def with_duplicates(texts, disorder):
    """Deliver some again, later on but in the order of the first time, as a FIFO queue does."""
    delivered = []
    for text in texts:
        delivered.append(text)
        if disorder.random() < 0.3:
            delivered.append(disorder.choice(delivered))
    return delivered


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
