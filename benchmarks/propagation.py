"""`make bench-propagation`: from an order's commit until a service answers with it, shop idle."""

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

from benchmarks.figures import Figure, at_most, publish, told
from infra.local.running import RunningShop, run_shop
from infra.local.waiting import NeverHappened

ORDERS = 120
WARM_UP_ORDERS = 10
MOST_MILLISECONDS = 250
# What the services' own pages promise, 99 times in 100.
PROMISED_MILLISECONDS = 1000
PATHS = ("order_history", "customer_summary")
GIVE_UP_SECONDS = 20


def main() -> None:
    """Open a quiet shop, place orders one by one, watch the service."""
    with (
        tempfile.TemporaryDirectory(prefix="banyan-propagation-") as folder,
        run_shop(Path(folder), generated_orders=100) as shop,
    ):
        for path in PATHS:
            shop.manage("strangler", "backfill", path)
        become_part_of(shop)
        figures = [figure for path in PATHS for figure in _figures(path, *_measure(path))]
    sys.exit(not publish("propagation", figures))


def _figures(path: str, delays: list[float], reads: list[float]) -> list[Figure]:
    milliseconds = sorted(delay * 1000 for delay in delays)
    read_floor = statistics.median(reads) * 1000
    reference = f"one read of the service: {read_floor:.1f} ms"
    return [
        at_most(f"{path}: commit to visible, p50", statistics.median(milliseconds), "ms",
                bar=MOST_MILLISECONDS, reference=reference),
        at_most(f"{path}: commit to visible, p99", milliseconds[int(len(milliseconds) * 0.99) - 1],
                "ms", bar=PROMISED_MILLISECONDS, reference=reference),
        told(f"{path}: orders", len(milliseconds), "orders"),
    ]  # fmt: skip


def become_part_of(shop: RunningShop) -> None:
    """Let this process find the shop's database and AWS, as one of its own would."""
    os.environ.update(shop.environment)
    import django

    django.setup()


def _measure(path: str) -> tuple[list[float], list[float]]:
    """Return, in seconds: the delay of each order, and the time of each read that showed it."""
    delays, reads = [], []
    arrivals = random.Random(1)
    shopper = Shopper(path)
    for number in range(WARM_UP_ORDERS + ORDERS):
        time.sleep(arrivals.uniform(0.05, 0.25))  # arrivals at random, not in step with the polls
        version = shopper.place_order()
        delay, read = shopper.wait_visible(version)
        if number >= WARM_UP_ORDERS:
            delays.append(delay)
            reads.append(read)
    return delays, reads


class Shopper:
    """A customer who orders again and again, and reads the answer of a path's service."""

    def __init__(self, path: str) -> None:
        from event_contracts.catalogue_search import CatalogueSearchQuery
        from monolith.catalogue.queries import cards, search_catalogue
        from monolith.ordering.queries import find_busiest_customer_id
        from monolith.strangler import registry
        from monolith.strangler.calling import clients

        query = CatalogueSearchQuery(available_only=True, sort="newest", page_size=100)
        products = cards(search_catalogue(query).products)
        self._stock_code = max(products, key=lambda product: product.quantity).stock_code
        self._customer_id = find_busiest_customer_id() or 0
        self._path = registry.get_path(path)
        client = clients.client_for(path)
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
        query = self._path.source.first_query(str(self._customer_id))
        request = self._path.service_request(query)
        answer = self._client.get(
            request.path,
            request.parameters,
            answer_class=self._path.answer_class,
            deadline=time.monotonic() + GIVE_UP_SECONDS,
        )
        return self._path.version_of(answer)


if __name__ == "__main__":
    main()
