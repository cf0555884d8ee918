"""What recording adds to a transaction: one order row, with no, one and ten events.

In turns with plain inserts of the same rows, which tell how much of it is the machine's.
"""

from __future__ import annotations

import random
import statistics
from contextlib import closing
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from django.db import transaction

from benchmarks.figures import at_most, told
from benchmarks.outbox.bare_writing import BareWriter
from benchmarks.outbox.events import STREAMS
from benchmarks.outbox.shop_database import connected_to
from event_contracts.catalogue import ProductSoldOut
from event_contracts.streams import product_stream
from monolith.customers.queries import get_country
from monolith.ordering.models import Order
from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server

    _Times = dict[tuple[str, int], list[float]]

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
        bare = BareWriter(url, country_id=writer.country_id, placed_at=NOW)
        with closing(bare):
            times = _take_turns({"ours": writer.write, "bare": bare.write}, transactions)
    none, first, each = _costs(times, "ours")
    bare_none, bare_first, bare_each = _costs(times, "bare")
    without = f"the transaction without: {none:,.0f} µs"
    bare_without = f"psycopg alone; the transaction without: {bare_none:,.0f} µs"
    return [
        at_most("recording, the first event of a transaction", first, "µs",
                bar=MOST_FOR_THE_FIRST, reference=without),
        told("plain insert of the same row", bare_first, "µs", reference=bare_without),
        at_most("recording, each of ten in a transaction", each, "µs",
                bar=MOST_FOR_EACH_OF_TEN, reference=without),
        told("plain insert of ten such rows, each", bare_each, "µs", reference=bare_without),
    ]  # fmt: skip


def _costs(times: _Times, contestant: str) -> tuple[float, float, float]:
    """Return microseconds: of a transaction without events, of the first, of each of ten."""
    none, one, ten = (statistics.median(times[contestant, count]) * 1e6 for count in _COUNTS)
    return none, one - none, (ten - none) / 10


class Writer:
    """Orders of nobody, one after another."""

    def __init__(self) -> None:
        self._country = get_country(name=COUNTRY)
        self._orders = 0
        self._turn = 0

    @property
    def country_id(self) -> int:
        """Where all of them go."""
        return self._country.pk

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


def _take_turns(contestants: dict[str, Callable[[int], float]], transactions: int) -> _Times:
    kinds = [(name, count) for name in contestants for count in _COUNTS]
    for name, count in kinds * _WARM_UP:
        contestants[name](count)
    times: _Times = {kind: [] for kind in kinds}
    # Shuffled: what one transaction leaves for later falls on each kind alike.
    shuffled = random.Random(1)
    for _ in range(transactions):
        for name, count in shuffled.sample(kinds, len(kinds)):
            times[name, count].append(contestants[name](count))
    return times
