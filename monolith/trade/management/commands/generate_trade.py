"""Make trade of the real file's shape from a seed."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from monolith.trade.generator import generate_rows
from monolith.trade.written_trade import write_rows, write_trade_file

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Make trade from a seed: equal seeds and numbers of orders make equal files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--orders", type=_positive, required=True)
        parser.add_argument("--out", type=Path, help=".csv or .csv.gz; else standard output")

    def handle(self, *, seed: int, orders: int, out: Path | None, **_: Any) -> None:
        rows = generate_rows(seed=seed, orders=orders)
        if out is None:
            write_rows(rows, self.stdout)
        else:
            lines = write_trade_file(rows, out)
            self.stdout.write(f"{lines:,} lines of {orders:,} orders in {out}")


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ArgumentTypeError("must be more than 0")
    return value
