"""Which questions the page asks, and whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from event_contracts.sales_insights import Period, Question
from monolith.insights import asking, basket_panels, panels, queries

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
    return Page(
        period=period,
        panels=(
            _panel(period, "takings_by_day", lambda rows: panels.takings_by_day(rows, period)),
            _panel(period, "takings_by_country", panels.takings_by_country),
            _panel(
                period,
                "takings_by_product",
                lambda rows: panels.takings_by_product(rows, _described(row.name for row in rows)),
            ),
            _panel(period, "cohorts", panels.cohorts),
            *_baskets(period),
            _panel(
                period,
                "price_effects",
                lambda rows: panels.price_effects(rows, _described(row.stock_code for row in rows)),
            ),
            _panel(period, "dispatch_times", panels.dispatch_times),
        ),
        product=_product(period, stock_code) if stock_code else None,
    )


def _panel(period: Period, name: str, draw: Callable[[list[Any]], Panel]) -> Panel:
    told = asking.ask(Question.over(period, name))
    return replace(draw(told.rows), source=told.source)


def _baskets(period: Period) -> Iterator[Panel]:
    told = asking.ask_events(Question.over(period, "baskets_by_day"))
    removed = told and asking.ask_events(Question.over(period, "removed_products"))
    if told is None or removed is None:
        yield basket_panels.unanswered(
            "baskets", "Baskets given up, and what was taken out of them"
        )
        return
    yield replace(basket_panels.baskets(told.rows, period), source=told.source)
    descriptions = _described(row.stock_code for row in removed.rows)
    yield replace(basket_panels.removed_products(removed.rows, descriptions), source=removed.source)


def _product(period: Period, stock_code: str) -> Panel:
    """Tell how a product was: by events if they know it, else by the tables, which know less."""
    told = asking.ask_events(Question.over(period, "products_as_of", about=stock_code))
    if told is None or not told.rows:
        rows = queries.list_products_as_of(period.end, stock_code=stock_code)
        told = asking.Told(rows=rows, source=asking.FROM_TABLES)
    panel = panels.products_as_of(told.rows, period.end - timedelta(days=1))
    return replace(panel, source=told.source)


def _described(stock_codes: Iterable[str]) -> dict[str, str]:
    return queries.describe_products(set(stock_codes))
