"""Loading the shop's past: everything up to a day, in bulk, without an event, once."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from monolith.catalogue.legacy import load_products, load_trade_counts
from monolith.customers.legacy import load_customers
from monolith.ordering.legacy import load_orders
from monolith.ordering.queries import count_trade
from monolith.trade.classification import Category, Placement
from monolith.trade.history import History
from monolith.trade.invoice_lines import read_invoice_lines
from monolith.trade.invoices import gather_invoices
from monolith.trade.models import TakenInInvoice
from monolith.trade.reporting import TradeReport

if TYPE_CHECKING:
    from pathlib import Path

    from monolith.trade.periods import Period

ALREADY_TAKEN_IN = Placement(Category.ALREADY_TAKEN_IN, "in an earlier run")
_BATCH = 5000


class HistoryAlreadyLoaded(Exception):
    """The shop has a past: adding to it without events would leave its readers wrong."""

    def __init__(self, new_invoices: int) -> None:
        super().__init__(
            f"trade was taken in before, and {new_invoices:,} invoices are not in it: "
            "play them with replay_trade"
        )


@transaction.atomic
def import_history(*, file: Path, period: Period) -> TradeReport:
    """Load all trade of a period as the past. The whole file is read before anything changes.

    A second run over the same trade loads nothing.

    Raises:
        HistoryAlreadyLoaded: other trade was taken in before.
        UnreadableTrade: a line cannot be understood; nothing is loaded.
    """
    report = TradeReport()
    known = set(TakenInInvoice.objects.values_list("number", flat=True))
    history = _read(file, period, known, report)
    report.check()
    if history.invoices and known:
        raise HistoryAlreadyLoaded(len(history.invoices))
    if history.invoices:
        _load(history, report)
    return report


def _read(file: Path, period: Period, known: set[str], report: TradeReport) -> History:
    history = History(report)
    with closing(read_invoice_lines(file)) as lines:
        for invoice in gather_invoices(report.reading(lines), file=file):
            left_out = period.reason_to_leave_out(invoice)
            if left_out is None and invoice.number in known:
                left_out = ALREADY_TAKEN_IN
            if left_out is None:
                history.add(invoice)
            else:
                report.place_all(invoice.lines, left_out)
    return history


def _load(history: History, report: TradeReport) -> None:
    report.count("products loaded", load_products(history.products()).loaded)
    report.count("customers loaded", load_customers(history.customers()).loaded)
    loaded = load_orders(history.orders())
    report.count("orders loaded", loaded.orders)
    report.count("order lines loaded", loaded.lines)
    report.count("credit notes loaded", loaded.credit_notes)
    counted = load_trade_counts(count_trade(until=timezone.now()))
    report.count("products whose orders were counted", counted)
    TakenInInvoice.objects.bulk_create(
        (
            TakenInInvoice(
                number=number, at=at, order_number=number if history.has_order(number) else ""
            )
            for number, at in history.invoices
        ),
        batch_size=_BATCH,
    )
