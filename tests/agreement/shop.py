"""A shop whose every step is taken by the real operations, for the agreement laws.

What it publishes is the text that the outbox would, to be delivered duplicated and reordered.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from event_contracts.streams import customer_stream
from monolith.catalogue.legacy import LegacyProduct, load_products
from monolith.customers import operations as customers
from monolith.customers.legacy import LegacyCustomer, load_customers
from monolith.ordering import operations
from monolith.ordering.legacy import LegacyLine, LegacyOrder, load_orders
from monolith.outbox import recording
from monolith.outbox.models import OutboxMessage
from tests.factories import HOME, NOON, a_country, a_customer, a_key, delivery, lines

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


@contextmanager
def a_shop(path, answer):
    """A shop with a past, whose every trace is gone afterwards."""
    with transaction.atomic():
        yield Shop(path, answer)
        transaction.set_rollback(True)


class Shop:
    """One customer from before there were events, one since, and what both were answered when.

    `path` is the declared read whose snapshots are taken; `answer(customer_id)` is the monolith's.
    """

    def __init__(self, path, answer):
        self._path, self._answer = path, answer
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
        snapshot = self._path.source.snapshot(str(customer_id))
        recording.record_snapshot(snapshot, stream=stream, occurred_at=self.now)

    def published(self):
        recording.flush()
        return list(OutboxMessage.objects.order_by("id").values_list("payload", flat=True))

    def _note_answers(self):
        recording.flush()  # as the commit would
        for customer_id in self.customer_ids:
            answer = self._answer(customer_id)
            self.answers[customer_id, answer.as_of] = answer

    def _place(self, which, stock_code, quantity):
        order = operations.place_order(
            lines=lines((stock_code, quantity), (PRODUCTS[0], 1)),
            customer_id=self._buyer(which),
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

    def _buyer(self, which):
        return self._customer(which)

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
