"""The real trade told to the service, event by event: what that costs, and who the customers are.

What is counted are bytes and capacity units, by DynamoDB's rules: no clock, and so the same figures
on every machine.
"""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, at_most, told
from benchmarks.summary.metering import MeteredTable, item_bytes, read_units, write_units
from benchmarks.summary.trade_events import read_events
from event_contracts.customer_summary import (
    FREQUENT_ORDERS,
    LARGE_PENCE,
    LONG_DAYS,
    RECENT_DAYS,
    CustomerSummaryQuery,
    days_since,
)
from event_contracts.ordering import OrderPlaced
from extracted_services.customer_summary import queries
from extracted_services.customer_summary.handlers import project
from extracted_services.customer_summary.store import SummaryStore
from extracted_services.customer_summary.view import SUMMARY
from monolith.trade.trade_files import find_trade_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from event_contracts.customer_summary import CustomerSummary
    from event_contracts.envelope import Envelope

    Events = Mapping[int, Sequence[Envelope]]

LARGEST_ITEM = 400 * 1024
# A tenth of what an item may have: the assortment may grow tenfold.
MOST_BYTES = LARGEST_ITEM // 4
MOST_WRITE_UNITS = 20
MOST_PERCENT_OFF = 10
_HALF, _UPPER_QUARTER = 50, 75


def measure() -> list[Figure]:
    """Tell the real trade to the service, and measure what it keeps.

    Raises:
        NoTradeFile: there is no real trade here.
    """
    table, events = told_to_the_service()
    day = last_day(events)
    answers = answers_on(day, table)
    return [*_quantiles(answers, day), *_segments(answers), *_costs(table, events)]


def told_to_the_service() -> tuple[MeteredTable, Events]:
    """Return what the service keeps of the real trade, and the events that it was told."""
    events = read_events(find_trade_file())
    table = MeteredTable()
    store = SummaryStore(table)
    for envelope in _all(events):
        project(envelope, kept_in=store)
    return table, events


def last_day(events: Events) -> date:
    """Return the day on which the trade ends."""
    return max(each.occurred_at for each in _all(events)).date()


def answers_on(day: date, table: MeteredTable) -> list[CustomerSummary]:
    """Answer for every customer."""
    store = SummaryStore(table)
    return [
        queries.answer(CustomerSummaryQuery(customer_id=int(key), on=day), store)
        for key in table.heads
    ]


def thresholds(answers: Iterable[CustomerSummary], day: date) -> dict[str, tuple[float, int, str]]:
    """Return, by name, the quantile of those who ordered, the threshold in force, and the unit."""
    bought = [(each, each.last_order) for each in answers if each.last_order]
    days = [days_since(last.placed_at, on=day) for _, last in bought]
    orders = [each.order_count for each, _ in bought]
    pence = [each.lifetime_pence for each, _ in bought]
    return {
        "days since the last order, half": (_quantile(days, _HALF), RECENT_DAYS, "days"),
        "days since the last order, 75 %": (_quantile(days, _UPPER_QUARTER), LONG_DAYS, "days"),
        "orders, 75 %": (_quantile(orders, _UPPER_QUARTER), FREQUENT_ORDERS, "orders"),
        "lifetime value, 75 %": (_quantile(pence, _UPPER_QUARTER), LARGE_PENCE, "pence"),
    }


def _quantile(values: Iterable[int], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _quantiles(answers: list[CustomerSummary], day: date) -> list[Figure]:
    return [
        at_most(
            f"threshold of {name}",
            100 * abs(threshold - quantile) / max(quantile, 1),
            "% off",
            bar=MOST_PERCENT_OFF,
            reference=f"{threshold:,}, found {quantile:,.0f} {unit}",
        )
        for name, (quantile, threshold, unit) in thresholds(answers, day).items()
    ]


def _segments(answers: list[CustomerSummary]) -> list[Figure]:
    counts = Counter(each.segment for each in answers)
    return [
        told(f"segment {name}", 100 * count / len(answers), "%", reference=f"{count:,} customers")
        for name, count in counts.most_common()
    ]


def _costs(table: MeteredTable, events: Events) -> list[Figure]:
    everything = list(_all(events))
    kept = sorted(item_bytes(rows[SUMMARY]) for rows in table.copies.values())
    orders, written = table.sizes["order"], table.write_units
    return [
        told("events", len(everything), "events", reference=f"{len(events):,} customers"),
        told("sum, half of the customers", statistics.median(kept), "B"),
        at_most(
            "sum, largest", kept[-1], "B", bar=MOST_BYTES, reference=f"limit: {LARGEST_ITEM:,} B"
        ),
        told("order, mean", statistics.fmean(orders), "B", reference=f"largest: {max(orders):,} B"),
        at_most(
            "written per event, mean",
            statistics.fmean(written),
            "WCU",
            bar=MOST_WRITE_UNITS,
            reference=f"an item per product: {_with_an_item_per_product(everything):.1f} WCU",
        ),
        told("written per event, 99 %", _quantile(written, 99), "WCU"),
        told("read per answer, mean", 1 + statistics.fmean(map(read_units, kept)), "RCU"),
        told("read per answer, largest", 1 + read_units(kept[-1]), "RCU"),
    ]


def _with_an_item_per_product(events: Iterable[Envelope]) -> float:
    """Return what placing an order would cost if each of its products had an item of its own."""
    orders = [each.data for each in events if isinstance(each.data, OrderPlaced)]
    # Beside the products: the head, the order, and the sum of the rest.
    items = [3 + len({line.stock_code for line in order.lines}) for order in orders]
    return statistics.fmean(count * write_units(1) for count in items)


def _all(events: Events) -> Iterator[Envelope]:
    return (each for told_of in events.values() for each in told_of)
