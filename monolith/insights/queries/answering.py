"""A report's answer out of the tables, in the words of the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from event_contracts.plain_values import to_plain
from event_contracts.sales_insights import Answer, Period, Report, Said, days_since_1970
from monolith.insights.queries.dispatch import list_dispatch_times
from monolith.insights.queries.orders import get_orders_booked
from monolith.insights.queries.price_effects import list_price_effects
from monolith.insights.queries.prices import get_prices_known
from monolith.insights.queries.retention import list_cohorts
from monolith.insights.queries.takings import (
    list_takings_by_country,
    list_takings_by_day,
    list_takings_by_product,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_STREAMS: dict[str, Callable[[Period, str], tuple[int, list[Any]]]] = {
    "orders_booked": get_orders_booked,
    "prices_known": get_prices_known,
}
_REPORTS: dict[str, Callable[[Period], list[Any]]] = {
    "takings_by_day": list_takings_by_day,
    "takings_by_country": list_takings_by_country,
    "takings_by_product": list_takings_by_product,
    "cohorts": list_cohorts,
    "price_effects": list_price_effects,
    "dispatch_times": list_dispatch_times,
}


def answer(report: Report) -> Answer:
    """Answer a report about days that are over; what the tables know, they know at once.

    Raises:
        KeyError: no table can tell: `FROM_EVENTS_ONLY`.
    """
    period = report.period
    if report.questions[0] in _OF_STREAMS:
        (question,) = report.questions
        version, rows = _OF_STREAMS[question](period, report.about)
        return _answer(version, _said(question, rows))
    today = days_since_1970(datetime.now(UTC).date())
    complete = min(days_since_1970(period.until_day), today)
    return _answer(
        complete, *(_said(question, _REPORTS[question](period)) for question in report.questions)
    )


def _said(question: str, rows: list[Any]) -> Said:
    return Said(question=question, rows=tuple(to_plain(row) for row in rows))


def _answer(as_of: int, *said: Said) -> Answer:
    return Answer(as_of=as_of, recorded_until=None, said=said)
