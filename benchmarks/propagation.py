"""`make bench-propagation`: from an order's commit until the service answers with it, shop idle."""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from benchmarks.figures import at_most, publish, told
from infra.local.running import RunningShop, run_shop
from infra.local.waiting import NeverHappened

ORDERS = 120
WARM_UP_ORDERS = 10
MOST_MILLISECONDS = 250
GIVE_UP_SECONDS = 20


def main() -> None:
    """Open a quiet shop, place orders one by one, watch the service."""
    with (
        tempfile.TemporaryDirectory(prefix="banyan-propagation-") as folder,
        run_shop(Path(folder), generated_orders=100) as shop,
    ):
        become_part_of(shop)
        delays, reads = _measure()
    milliseconds = sorted(delay * 1000 for delay in delays)
    read_floor = statistics.median(reads) * 1000
    reference = f"one read of the service: {read_floor:.1f} ms"
    figures = [
        at_most("commit to visible, p50", statistics.median(milliseconds), "ms",
                bar=MOST_MILLISECONDS, reference=reference),
        told("commit to visible, p99", milliseconds[int(len(milliseconds) * 0.99) - 1], "ms",
             reference=reference),
        told("orders", len(milliseconds), "orders"),
    ]  # fmt: skip
    sys.exit(not publish("propagation", figures))


def become_part_of(shop: RunningShop) -> None:
    """Let this process find the shop's database and AWS, as one of its own would."""
    os.environ.update(shop.environment)
    import django

    django.setup()


def _measure() -> tuple[list[float], list[float]]:
    """Return, in seconds: the delay of each order, and the time of each read that showed it."""
    delays, reads = [], []
    arrivals = random.Random(1)
    shopper = Shopper()
    for number in range(WARM_UP_ORDERS + ORDERS):
        time.sleep(arrivals.uniform(0.05, 0.25))  # arrivals at random, not in step with the polls
        version = shopper.place_order()
        delay, read = shopper.wait_visible(version)
        if number >= WARM_UP_ORDERS:
            delays.append(delay)
            reads.append(read)
    return delays, reads


class Shopper:
    """A customer who orders again and again, and reads the service's answer."""

    def __init__(self) -> None:
        from monolith.catalogue.queries import list_products
        from monolith.ordering.queries import find_busiest_customer_id
        from monolith.strangler import clients, registry

        products = list_products(available_only=True, sort="newest", page_size=100).products
        self._stock_code = max(products, key=lambda product: product.quantity).stock_code
        self._customer_id = find_busiest_customer_id() or 0
        self._path = registry.get_path("order_history")
        client = clients.client_for("order_history")
        assert client is not None  # noqa: S101
        self._client = client

    def place_order(self) -> int:
        """Place an order and return the version of the customer's stream once it is committed."""
        from event_contracts.streams import customer_stream
        from monolith.ordering import operations
        from monolith.outbox import recording

        operations.place_order(
            lines=[operations.LineRequest(stock_code=self._stock_code, quantity=1)],
            customer_id=self._customer_id,
            delivery=operations.DeliveryDetails(
                recipient="A. Shopper",
                line1="1 Quay Street",
                city="Bristol",
                postcode="BS1 1AA",
                country="United Kingdom",
            ),
            placed_at=datetime.now(UTC),
            idempotency_key=str(uuid4()),
        )
        return recording.current_version(customer_stream(self._customer_id))

    def wait_visible(self, version: int) -> tuple[float, float]:
        """Read until the answer has the version; return the delay and the last read's time."""
        committed = time.perf_counter()
        while True:
            began = time.perf_counter()
            seen = self._as_of()
            ended = time.perf_counter()
            if seen >= version:
                return ended - committed, ended - began
            if ended - committed > GIVE_UP_SECONDS:
                raise NeverHappened(f"version {version} in the service: still at {seen}")

    def _as_of(self) -> int:
        from event_contracts.order_history import OrderHistoryQuery

        request = self._path.service_request(
            OrderHistoryQuery(customer_id=self._customer_id, limit=1)
        )
        answer = self._client.get(
            request.path,
            request.parameters,
            answer_class=self._path.answer_class,
            deadline=time.monotonic() + GIVE_UP_SECONDS,
        )
        return self._path.version_of(answer)


if __name__ == "__main__":
    main()
