"""Which lines belong together? Gathers the lines of a file into invoices, in the order of trade.

The lines of an invoice may span minutes and lie between those of others, so an invoice is handed
out only when the file has moved on far enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.trade.trade_files import UnreadableTrade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from monolith.trade.invoice_lines import InvoiceLine

_OPEN_FOR = timedelta(minutes=30)


class UnorderedTrade(UnreadableTrade):
    """A line comes long after its time: the file is not in the order of trade."""


class ScatteredInvoice(UnreadableTrade):
    """A line belongs to an invoice that ended long before it."""


class ContradictoryInvoice(UnreadableTrade):
    """A line names another customer or country than the line that began its invoice."""


@dataclass(slots=True)
class Invoice:
    """All lines of one number; `at` is the instant of its first line."""

    number: str
    at: datetime
    customer_id: int | None
    country: str
    lines: list[InvoiceLine] = field(default_factory=list)

    @property
    def is_cancellation(self) -> bool:
        """Whether it takes something back."""
        return self.number.startswith("C")


def gather_invoices(lines: Iterable[InvoiceLine], *, file: Path) -> Iterator[Invoice]:
    """Yield invoices by their first instant; `file` is for messages only.

    Raises:
        ContradictoryInvoice: one invoice has several customers or countries.
        ScatteredInvoice: the lines of one invoice span more than half an hour.
        UnorderedTrade: a line comes later than half an hour after its time.
    """
    opened: dict[str, Invoice] = {}
    closed: set[str] = set()
    newest: datetime | None = None
    for line in lines:
        if newest is None or line.at > newest:
            newest = line.at
            for invoice in _take_closed(opened, before=newest - _OPEN_FOR):
                closed.add(invoice.number)
                yield invoice
        elif line.at < newest - _OPEN_FOR:
            raise UnorderedTrade(file, line.line_number, "sort the file by InvoiceDate first")
        if line.invoice in closed:
            what = f"invoice {line.invoice} ended more than half an hour before"
            raise ScatteredInvoice(file, line.line_number, what)
        _add(opened, line, file)
    yield from _in_order(opened.values())


def _add(opened: dict[str, Invoice], line: InvoiceLine, file: Path) -> None:
    invoice = opened.get(line.invoice)
    if invoice is None:
        invoice = Invoice(line.invoice, line.at, line.customer_id, line.country)
        opened[line.invoice] = invoice
    elif (invoice.customer_id, invoice.country) != (line.customer_id, line.country):
        what = f"invoice {line.invoice} has several customers or countries"
        raise ContradictoryInvoice(file, line.line_number, what)
    invoice.at = min(invoice.at, line.at)
    invoice.lines.append(line)


def _take_closed(opened: dict[str, Invoice], *, before: datetime) -> Iterator[Invoice]:
    if opened and next(iter(opened.values())).at < before:
        closed = [invoice for invoice in opened.values() if invoice.at < before]
        for invoice in closed:
            del opened[invoice.number]
        yield from _in_order(closed)


def _in_order(invoices: Iterable[Invoice]) -> list[Invoice]:
    return sorted(invoices, key=lambda invoice: (invoice.at, invoice.lines[0].line_number))
