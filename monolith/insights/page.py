"""Which questions the page asks, and whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from event_contracts.sales_insights import Period
from monolith.insights import panels, queries

if TYPE_CHECKING:
    from monolith.insights.panels import Panel

USUAL_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The answers about a period, and what nobody can answer."""

    period: Period
    panels: tuple[Panel, ...]
    product: Panel | None


def usual_period() -> Period:
    """Return the days up to the last one on which somebody ordered, of those that are over."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    last = min(queries.find_last_trading_day() or yesterday, yesterday)
    until = last + timedelta(days=1)
    return Period(first_day=until - timedelta(days=USUAL_DAYS), until_day=until)


def build(period: Period, *, stock_code: str = "") -> Page:
    """Ask everything about a period, and how one product was at its end."""
    products = queries.list_takings_by_product(period)
    effects = queries.list_price_effects(period)
    descriptions = queries.describe_products(
        {row.name for row in products} | {row.stock_code for row in effects}
    )
    return Page(
        period=period,
        panels=(
            panels.takings_by_day(queries.list_takings_by_day(period), period),
            panels.takings_by_country(queries.list_takings_by_country(period)),
            panels.takings_by_product(products, descriptions),
            panels.cohorts(queries.list_cohorts(period)),
            panels.price_effects(effects, descriptions),
            panels.dispatch_times(queries.list_dispatch_times(period)),
        ),
        product=_product(period, stock_code),
    )


def _product(period: Period, stock_code: str) -> Panel | None:
    if not stock_code:
        return None
    rows = queries.list_products_as_of(period.end, stock_code=stock_code)
    return panels.products_as_of(rows, period.end - timedelta(days=1))
