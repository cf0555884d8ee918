"""Playing the trade of a file as live trade: in order, at a pace, once, whatever interrupts it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from monolith.trade.classification import Category, Placement
from monolith.trade.invoice_lines import read_invoice_lines
from monolith.trade.invoices import gather_invoices
from monolith.trade.legacy_import import ALREADY_TAKEN_IN
from monolith.trade.live_trade import LiveTrade
from monolith.trade.models import TakenInInvoice
from monolith.trade.pacing import AsFastAsPossible, wait_for
from monolith.trade.patience import Patience, hold_replay_lock
from monolith.trade.periods import Period
from monolith.trade.reporting import TradeReport
from monolith.trade.trade_memory import TradeMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.invoices import Invoice
    from monolith.trade.pacing import Pace

_NOT_REACHED = Placement(Category.NOT_REACHED, "the replay ended before")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """Which days, how fast, how many invoices at most; `stopping` ends it between two."""

    period: Period = field(default_factory=Period)
    pace: Pace = field(default_factory=AsFastAsPossible)
    limit: int | None = None
    stopping: Event = field(default_factory=Event)


def replay_trade(
    *, file: Path, wishes: Wishes, on_played: Callable[[Invoice], None] = lambda _: None
) -> TradeReport:
    """Play every invoice that was not taken in before, and say where each line read landed.

    Raises:
        ReplayAlreadyRunning: another process replays trade in this database.
        UnreadableTrade: a line cannot be understood; what was played before it stays.
    """
    with hold_replay_lock():
        return _Replay(file, wishes, on_played).run()


class _Replay:
    def __init__(self, file: Path, wishes: Wishes, on_played: Callable[[Invoice], None]) -> None:
        self._file, self._wishes, self._on_played = file, wishes, on_played
        self._report = TradeReport()
        self._memory = TradeMemory()
        self._live = LiveTrade(self._report)
        self._patience = Patience(wishes.stopping)
        taken_in = TakenInInvoice.objects.values_list("number", "order_number")
        self._taken_in = dict(taken_in.iterator())
        self._played = 0

    def run(self) -> TradeReport:
        with closing(read_invoice_lines(self._file)) as read:
            lines = self._report.reading(self._until_ended(read))
            for invoice in gather_invoices(lines, file=self._file):
                self._handle(invoice)
        self._report.check()
        return self._report

    def _until_ended(self, lines: Iterable[InvoiceLine]) -> Iterator[InvoiceLine]:
        for line in lines:
            if self._has_ended():
                return
            yield line

    def _has_ended(self) -> bool:
        return self._wishes.stopping.is_set() or self._played == self._wishes.limit

    def _handle(self, invoice: Invoice) -> None:
        if invoice.number in self._taken_in:
            self._remember(invoice)
            return
        left_out = self._wishes.period.reason_to_leave_out(invoice)
        if left_out is not None:
            self._memory.see_prices(invoice)
        elif self._has_ended() or not self._wait(invoice):
            left_out = _NOT_REACHED
        if left_out is not None:
            self._report.place_all(invoice.lines, left_out)
        else:
            self._play(invoice)

    def _wait(self, invoice: Invoice) -> bool:
        return wait_for(self._wishes.pace, invoice.at, stopping=self._wishes.stopping)

    def _remember(self, invoice: Invoice) -> None:
        self._memory.plan(invoice)
        if self._taken_in[invoice.number]:
            self._memory.note_placed(invoice)
        self._report.place_all(invoice.lines, ALREADY_TAKEN_IN)

    def _play(self, invoice: Invoice) -> None:
        plan = self._memory.plan(invoice)
        outcome = self._patience.insist(lambda: self._live.carry_out(plan))
        if outcome.is_order:
            self._memory.note_placed(invoice)
        for line, placement in outcome.placements(plan):
            self._report.place(line, placement)
        self._played += 1
        self._on_played(invoice)
