"""A shop whose every step is taken by the real operations, for the agreement laws."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from hypothesis import strategies as st

from monolith.catalogue.legacy import LegacyProduct, load_products
from monolith.customers import operations as customers
from monolith.customers.legacy import LegacyCustomer, load_customers
from monolith.ordering import operations
from monolith.ordering.legacy import LegacyLine, LegacyOrder, load_orders
from monolith.outbox import recording
from monolith.strangler.backfill.snapshots import record_snapshots
from tests.agreement.delivering import undone
from tests.factories import HOME, NOON, a_country, a_customer, a_key, delivery, lines

LEGACY_CUSTOMER = 17850
LEGACY_ORDERS, LEGACY_GUEST_ORDER = ("536365", "536366"), "536370"
GUEST = 3
PRODUCTS = ("A1", "B2", "C3")
REFUSALS = (
    operations.OutOfStock,
    operations.OrderAlreadyCancelled,
    operations.OrderAlreadyDispatched,
    operations.OrderNotDispatched,
    operations.ReturnExceedsOrder,
)

which, known = st.integers(0, 3), st.integers(0, 1)
quantities = st.integers(1, 5)
commands = st.lists(
    st.one_of(
        st.tuples(st.just("place"), which, st.sampled_from(PRODUCTS), quantities),
        # Often: versions that only tell of the customer do not show in an answer.
        st.tuples(st.just("place"), known, st.sampled_from(PRODUCTS), quantities),
        st.tuples(st.just("dispatch"), which),
        st.tuples(st.just("cancel"), which),
        st.tuples(st.just("return"), which, quantities),
        st.tuples(st.just("move"), which, st.sampled_from([HOME, "France"])),
        st.tuples(st.just("snapshot"), which),
    ),
    min_size=4,
    max_size=14,
)


@contextmanager
def a_shop(copying):
    """A shop with a past, whose every trace is gone afterwards."""
    with undone():
        yield Shop(copying)


class Shop:
    """One customer from before there were events, one since, and guests, who come and go.

    `answers` are the monolith's to a moving read: what was true of each key at each version.
    """

    def __init__(self, copying):
        self._copying, self._source = copying, copying.path.source
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
        load_orders([legacy_order(number) for number in LEGACY_ORDERS])
        load_orders([replace(legacy_order(LEGACY_GUEST_ORDER), customer_id=None)])
        self.old_keys = self.list_keys()
        self.customer_ids = [LEGACY_CUSTOMER, a_customer().pk]
        self.order_numbers = [*LEGACY_ORDERS, LEGACY_GUEST_ORDER]
        self.answers = {}
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

    def list_keys(self):
        """Name all that the read can be asked about."""
        return list(self._source.keys_after("", 1_000))

    def snapshot(self, keys):
        record_snapshots(self._copying.path, keys)

    def _note_answers(self):
        recording.flush()  # as the commit would
        keys = {self._source.stream_of(key): key for key in self.list_keys()}
        for stream, version in recording.current_versions(keys).items():
            if (keys[stream], version) not in self.answers:
                answer = self._copying.monolith_answer(keys[stream])
                self.answers[keys[stream], version] = answer

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
        keys = self.list_keys()
        self.snapshot([keys[which % len(keys)]])

    def _buyer(self, which):
        return None if which == GUEST else self._customer(which)

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
