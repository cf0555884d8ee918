"""Which questions the page asks, and whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from event_contracts.sales_insights import Period, Report
from monolith.insights import asking, basket_panels, panels, queries
from monolith.insights.migration_paths import ASKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monolith.insights.cells import Panel

USUAL_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The answers about a period, and how one product was at its end, if that was asked."""

    period: Period
    panels: tuple[Panel, ...]
    product: Panel | None


def usual_period() -> Period:
    """Return the days of trade that are over, the newest of them.

    What is said of them does not change, so that it need not be found again.
    """
    _, until = queries.find_days_of_trade(datetime.now(UTC).date(), recent_days=USUAL_DAYS)
    return Period(first_day=until - timedelta(days=USUAL_DAYS), until_day=until)


def build(period: Period, *, stock_code: str = "") -> Page:
    """Ask everything about a period, and how one product was at its end."""
    told = asking.ask(period, ASKED)
    products = _described(
        [row.name for row in told["takings_by_product"].rows]
        + [row.stock_code for row in told["price_effects"].rows]
    )

    def panel(question: str, draw: Callable[..., Panel], *more: object) -> Panel:
        return replace(draw(told[question].rows, *more), source=told[question].source)

    return Page(
        period=period,
        panels=(
            panel("takings_by_day", panels.takings_by_day, period),
            panel("takings_by_country", panels.takings_by_country),
            panel("takings_by_product", panels.takings_by_product, products),
            panel("cohorts", panels.cohorts),
            *_baskets(period),
            panel("price_effects", panels.price_effects, products),
            panel("dispatch_times", panels.dispatch_times),
        ),
        product=_product(period, stock_code) if stock_code else None,
    )


def _baskets(period: Period) -> Iterator[Panel]:
    told = asking.ask_events(Report.over(period, "baskets_by_day", "removed_products"))
    if told is None:
        yield basket_panels.unanswered(
            "baskets", "Baskets given up, and what was taken out of them"
        )
        return
    begun, removed = told["baskets_by_day"], told["removed_products"]
    yield replace(basket_panels.baskets(begun.rows, period), source=begun.source)
    descriptions = _described(row.stock_code for row in removed.rows)
    yield replace(basket_panels.removed_products(removed.rows, descriptions), source=removed.source)


def _product(period: Period, stock_code: str) -> Panel:
    """Tell how a product was: by events if they know it, else by the tables, which know less."""
    by_events = asking.ask_events(Report.over(period, "products_as_of", about=stock_code))
    told = by_events and by_events["products_as_of"]
    if not told or not told.rows:
        rows = queries.list_products_as_of(period.end, stock_code=stock_code)
        told = asking.Told(rows=rows, source=asking.FROM_TABLES)
    panel = panels.products_as_of(told.rows, period.end - timedelta(days=1))
    return replace(panel, source=told.source)


def _described(stock_codes: Iterable[str]) -> dict[str, str]:
    return queries.describe_products(set(stock_codes))
