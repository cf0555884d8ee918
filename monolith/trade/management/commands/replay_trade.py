"""Play the trade of a file as live trade."""

from __future__ import annotations

import signal
from argparse import ArgumentTypeError
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from monolith.trade.pacing import AsFastAsPossible, SecondsPerInvoice, TimesRealTime
from monolith.trade.patience import ReplayAlreadyRunning
from monolith.trade.periods import Period
from monolith.trade.replay import Wishes, replay_trade
from monolith.trade.trade_files import NoTradeFile, UnreadableTrade, find_trade_file

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from monolith.trade.invoices import Invoice
    from monolith.trade.pacing import Pace
    from monolith.trade.reporting import TradeReport


class Command(BaseCommand):
    help = (
        "Play the invoices of a file that were not taken in yet as live trade, in their order. "
        "Can be stopped at any moment; the next run goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        day = date.fromisoformat
        parser.add_argument("file", type=Path, nargs="?", help=".csv or .csv.gz (BANYAN_TRADE)")
        parser.add_argument("--from", dest="first", type=day, help="first day, included")
        parser.add_argument("--until", dest="last", type=day, help="last day, included")
        parser.add_argument("--limit", type=_positive_int, help="play this many invoices at most")
        parser.add_argument("--report", type=Path, help="write the report here as JSON, too")
        pace = parser.add_mutually_exclusive_group()
        pace.add_argument(
            "--speed", dest="pace", type=_speed, help="times real time, or max (the default)"
        )
        pace.add_argument(
            "--pace", type=_seconds, metavar="SECONDS", help="seconds from one invoice to the next"
        )

    def handle(
        self,
        *,
        file: Path | None,
        first: date | None,
        last: date | None,
        limit: int | None,
        pace: Pace | None,
        report: Path | None,
        **_: Any,
    ) -> None:
        with stop_on_signals() as stopping:
            wishes = Wishes(
                period=Period(first, last),
                pace=pace or AsFastAsPossible(),
                limit=limit,
                stopping=stopping,
            )
            done = _replay(file, wishes)
        self.stdout.write(str(done))
        if report:
            done.write(report)


def _replay(file: Path | None, wishes: Wishes) -> TradeReport:
    with tqdm(total=wishes.limit, unit="invoices", unit_scale=False, disable=None) as bar:

        def show(invoice: Invoice) -> None:
            bar.set_postfix_str(f"{invoice.at:%Y-%m-%d %H:%M}", refresh=False)
            bar.update()

        try:
            return replay_trade(file=find_trade_file(file), wishes=wishes, on_played=show)
        except (NoTradeFile, UnreadableTrade, ReplayAlreadyRunning) as error:
            raise CommandError(str(error)) from error


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """Stop between two invoices at the first signal; a second one ends the process as usual."""
    stopping = Event()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _: object) -> None:
        stopping.set()
        signal.signal(number, usual[signal.Signals(number)])

    for number in usual:
        signal.signal(number, stop)
    try:
        yield stopping
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _positive_int(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ArgumentTypeError("must be more than 0")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ArgumentTypeError("must be more than 0")
    return value


def _speed(text: str) -> Pace:
    return AsFastAsPossible() if text == "max" else TimesRealTime(_positive(text))


def _seconds(text: str) -> Pace:
    return SecondsPerInvoice(_positive(text))
