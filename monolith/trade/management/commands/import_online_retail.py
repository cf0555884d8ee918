"""Load a shop's past from a file of trade."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from monolith.trade.legacy_import import HistoryAlreadyLoaded, import_history
from monolith.trade.periods import Period
from monolith.trade.trade_files import NoTradeFile, UnreadableTrade, find_trade_file

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Load the trade of a file as the shop's past: in bulk, without events, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help=".csv or .csv.gz (BANYAN_TRADE)")
        parser.add_argument("--until", type=date.fromisoformat, help="last day, included")
        parser.add_argument("--report", type=Path, help="write the report here as JSON, too")

    def handle(
        self, *, file: Path | None, until: date | None, report: Path | None, **_: Any
    ) -> None:
        try:
            done = import_history(file=find_trade_file(file), period=Period(last=until))
        except (NoTradeFile, UnreadableTrade, HistoryAlreadyLoaded) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(done))
        if not done.done:
            self.stdout.write("nothing new: all of it was taken in before")
        if report:
            done.write(report)
