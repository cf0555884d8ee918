"""`python -m benchmarks.paths [--path NAME …]`: each path climbs to service by its runbook."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import publish
from benchmarks.paths import telling
from benchmarks.paths.telling import Moved, Together
from infra.local import trade_source
from infra.local.demo import table
from infra.local.demo.acting import TIMEOUT_SECONDS, live_trade, open_logins, reconcile
from infra.local.demo.climbing import climbing
from infra.local.running import ROOT, run_shop
from infra.local.visits import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from infra.local.demo.readers import Logins
    from infra.local.demo.table import Stay
    from infra.local.running import RunningShop

# The invoices that are not history yet are those of a month: at this pace they last 72 minutes.
_SECONDS_PER_INVOICE = 2.5
_READERS_OF_EACH_LOT = 1
_MOST_MINUTES_A_STEP = 6.0
_ENVIRONMENT = {"STRANGLER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)}


def main() -> None:
    """Open a shop with all its past in the monolith, and move one path after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--path", action="append", choices=PAGES, help="may be given several times (all)"
    )
    paths = parser.parse_args().path or list(PAGES)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory(prefix="banyan-paths-") as folder,
        run_shop(Path(folder), rung="monolith", environment=_ENVIRONMENT) as shop,
    ):
        moved, together = _move_all(shop, paths)
    telling.print_tables(moved, together)
    sys.exit(not publish("paths", telling.figures(moved, together)))


def _move_all(shop: RunningShop, paths: Sequence[str]) -> tuple[list[Moved], Together]:
    logins = open_logins(shop, paths, each_lot=_READERS_OF_EACH_LOT)
    file = trade_source.find(ROOT, shop.state_dir).file
    with live_trade(shop, file, seconds_per_invoice=_SECONDS_PER_INVOICE) as is_trading:
        began = time.time()
        moved = [_move(shop, path, logins, is_trading) for path in paths]
        together = Together(
            reconciled=reconcile(shop, "--all"),
            is_trading=is_trading(),
            standing={path: _standing(shop, path, began) for path in paths},
        )
    return moved, together


def _standing(shop: RunningShop, path: str, began: float) -> Stay:
    return table.stays(shop.addresses["postgres"], path, began=began, ended=time.time())[-1]


def _move(shop: RunningShop, path: str, logins: Logins, is_trading: Callable[[], bool]) -> Moved:
    with climbing(
        shop, path, logins, most_minutes_a_step=_MOST_MINUTES_A_STEP, tell=_tell
    ) as climb:
        reconciled = reconcile(shop, path)
        was_trading = is_trading()
    moved = Moved(climb=climb, reconciled=reconciled, was_trading=was_trading)
    _tell(telling.outcome(moved))
    return moved


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
