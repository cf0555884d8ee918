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
        _become_part_of(shop)
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


def _become_part_of(shop: RunningShop) -> None:
    os.environ.update(shop.environment)
    import django

    django.setup()


def _measure() -> tuple[list[float], list[float]]:
    from monolith.ordering import operations, queries

    stock_codes = _plentiful_products()
    customer_id = queries.list_customer_ids(after=0, limit=1)[0]
    delays, reads = [], []
    random_source = random.Random(1)
    for number in range(WARM_UP_ORDERS + ORDERS):
        time.sleep(random_source.uniform(0.05, 0.25))  # arrivals at random, not in step with polls
        order = operations.place_order(
            lines=[operations.LineRequest(stock_code=random_source.choice(stock_codes), quantity=1)],
            customer_id=customer_id,
            delivery=_delivery(),
            placed_at=datetime.now(UTC),
            idempotency_key=str(uuid4()),
        )
        delay, read = _wait_visible(customer_id, order.number)
        if number >= WARM_UP_ORDERS:
            delays.append(delay)
            reads.append(read)
    return delays, reads
