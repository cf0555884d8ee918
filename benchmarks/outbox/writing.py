"""What recording adds to a transaction: one order row, with no, one and ten events."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from django.db import transaction

from benchmarks.figures import at_most
from benchmarks.outbox.events import STREAMS
from benchmarks.outbox.shop_database import connected_to
from event_contracts.catalogue import ProductSoldOut
from event_contracts.streams import product_stream
from monolith.customers.queries import get_country
from monolith.ordering.models import Order
from monolith.outbox import recording

if TYPE_CHECKING:
    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server

TRANSACTIONS = 1_200
MOST_FOR_THE_FIRST = 250
MOST_FOR_EACH_OF_TEN = 100
COUNTRY = "United Kingdom"
_WARM_UP = 50
_COUNTS = (0, 1, 10)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def measure(server: Server, *, transactions: int = TRANSACTIONS) -> list[Figure]:
    """Time transactions of each kind, in turns."""
    with server.database() as url, connected_to(url):
        writer = Writer()
        for _ in range(_WARM_UP):
            for count in _COUNTS:
                writer.write(count)
        times = _take_turns(writer, transactions)
    none, one, ten = (statistics.median(times[count]) * 1e6 for count in _COUNTS)
    reference = f"the transaction without: {none:,.0f} µs"
    return [
        at_most("recording, the first event of a transaction", one - none, "µs",
                bar=MOST_FOR_THE_FIRST, reference=reference),
        at_most("recording, each of ten in a transaction", (ten - none) / 10, "µs",
                bar=MOST_FOR_EACH_OF_TEN, reference=reference),
    ]  # fmt: skip


class Writer:
    """Orders of nobody, one after another."""

    def __init__(self) -> None:
        self._country = get_country(name=COUNTRY)
        self._orders = 0
        self._turn = 0

    def write(self, count: int) -> float:
        """Commit one order row with so many events of different streams; return the seconds."""
        self._orders += 1
        streams = self._next_streams(count)
        began = perf_counter()
        with transaction.atomic():
            order = Order(number=f"W{self._orders}", country=self._country, placed_at=NOW)
            order.save(force_insert=True)
            for stream, event in streams:
                recording.record(event, stream=stream, occurred_at=NOW)
        return perf_counter() - began

    def _next_streams(self, count: int) -> list[tuple[str, ProductSoldOut]]:
        codes = sorted(f"{(self._turn + ahead) % STREAMS:05}" for ahead in range(count))
        self._turn += count
        return [
            (product_stream(code), ProductSoldOut(stock_code=code, sold_out_at=NOW))
            for code in codes
        ]


def _take_turns(writer: Writer, transactions: int) -> dict[int, list[float]]:
    times: dict[int, list[float]] = {count: [] for count in _COUNTS}
    # Shuffled: what one transaction leaves for later falls on each kind alike.
    shuffled = random.Random(1)
    for _ in range(transactions):
        for count in shuffled.sample(_COUNTS, len(_COUNTS)):
            times[count].append(writer.write(count))
    return times
