"""Which days of the trade are meant? Days are the shop's own; both ends belong to the period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from monolith.trade.classification import Category, Placement
from monolith.trade.invoice_lines import SHOP_TIME

if TYPE_CHECKING:
    from monolith.trade.invoices import Invoice

_EARLIER = Placement(Category.EARLIER, "trade before the first day asked for")
_LATER = Placement(Category.LATER, "trade after the last day asked for")


@dataclass(frozen=True)
class Period:
    """From one day to another, both included; without a day there is no limit."""

    first: date | None = None
    last: date | None = None

    def reason_to_leave_out(self, invoice: Invoice) -> Placement | None:
        """Return where the lines of an invoice outside the period belong; None inside."""
        if self.first is not None and invoice.at < _start_of(self.first):
            return _EARLIER
        if self.last is not None and invoice.at >= _start_of(self.last + timedelta(days=1)):
            return _LATER
        return None


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=SHOP_TIME)
