"""What the outbox costs a customer: whole orders, with and without it."""

from __future__ import annotations

import random
import statistics
from contextlib import nullcontext
from time import perf_counter
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import uuid4

from benchmarks.figures import at_least
from benchmarks.outbox.shop_database import connected_to
from benchmarks.outbox.writing import COUNTRY, NOW
from monolith.catalogue import operations as catalogue
from monolith.customers import operations as customers
from monolith.ordering import operations as ordering
from monolith.outbox import recording

if TYPE_CHECKING:
    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server
    from monolith.ordering.models import Order

ORDERS = 400
LINES = 20  # as many as an invoice of the real trade has on average
LEAST_OF_WITHOUT = 0.9
_WARM_UP = 20


def measure(server: Server, *, orders: int = ORDERS) -> list[Figure]:
    """Place orders of twenty lines, in turns with and without recording what happened."""
    with server.database() as url, connected_to(url):
        shopper = Shopper()
        for _ in range(_WARM_UP):
            shopper.place()
        times = _take_turns(shopper, orders)
    with_it, without = (statistics.median(times[recorded]) for recorded in (True, False))
    return [
        at_least("order placement with the outbox, to without", without / with_it, "x",
                 bar=LEAST_OF_WITHOUT,
                 reference=f"{with_it * 1e3:.2f} ms with, {without * 1e3:.2f} ms without")
    ]  # fmt: skip


class Shopper:
    """A customer who buys the same twenty things again and again."""

    def __init__(self) -> None:
        self._customer = customers.register_customer(
            email="shopper@example.com",
            password="hearts-and-jars",  # noqa: S106 - nobody's
            name="A. Shopper",
            country=COUNTRY,
            registered_at=NOW,
        )
        codes = [f"B{number:05}" for number in range(LINES)]
        for code in codes:
            catalogue.list_product(
                stock_code=code,
                description="WHITE HANGING HEART",
                price_pence=255,
                quantity=1_000_000,
                listed_at=NOW,
            )
        self._lines = [ordering.LineRequest(stock_code=code, quantity=1) for code in codes]
        self._delivery = ordering.DeliveryDetails(
            recipient="A. Shopper",
            line1="1 Quay Street",
            city="Bristol",
            postcode="BS1 1AA",
            country=COUNTRY,
        )

    def place(self) -> float:
        """Place an order and return the seconds."""
        began = perf_counter()
        self.order()
        return perf_counter() - began

    def order(self) -> Order:
        """Place an order and return it."""
        return ordering.place_order(
            lines=self._lines,
            customer_id=self._customer.pk,
            delivery=self._delivery,
            placed_at=NOW,
            idempotency_key=str(uuid4()),
        )


def _take_turns(shopper: Shopper, orders: int) -> dict[bool, list[float]]:
    times: dict[bool, list[float]] = {True: [], False: []}
    shuffled = random.Random(1)
    for _ in range(orders):
        for recorded in shuffled.sample((True, False), 2):
            with nullcontext() if recorded else patch.object(recording, "record", _forget):
                times[recorded].append(shopper.place())
    return times


def _forget(*_arguments: Any, **_options: Any) -> None:
    """Stand where `record` was."""
