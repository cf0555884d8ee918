"""`make demo`: tells the story at the terminal, with a shop of its own that is gone afterwards."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from infra.local.demo import story
from infra.local.demo.acting import TIMEOUT_SECONDS, RunbookStopped, live_trade, open_logins
from infra.local.demo.narrating import Narrator
from infra.local.demo.readers import reading
from infra.local.running import run_shop
from infra.local.visits import PAGES
from infra.local.waiting import NeverHappened

_ORDERS = 600
_SECONDS_PER_INVOICE = 1.0


def main() -> None:
    """Open a shop, let customers in, and tell the story; the exit code says how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--each-lot", type=int, default=3, help="how many customers of each step of the canary read"
    )
    parser.add_argument(
        "--path", choices=PAGES, default="order_history", help="which one moves (order_history)"
    )
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(_run(arguments.path, arguments.each_lot))
    except KeyboardInterrupt:
        print("\nstopped; the demo's shop is gone")
        sys.exit(130)
    except (RunbookStopped, NeverHappened) as error:
        print(f"\nthe story did not come to its end: {error}")
        sys.exit(1)


def _run(path: str, each_lot: int) -> int:
    narrator = Narrator()
    narrator.chapter(
        "A shop opens, with everything in the monolith",
        f"{_ORDERS} generated orders, which stand for a shop's past.",
        "Profile demo: samples / 50, times / 10,080 (a week is a minute). Gates are the real ones.",
    )
    with (
        tempfile.TemporaryDirectory(prefix="banyan-demo-") as folder,
        run_shop(
            Path(folder),
            generated_orders=_ORDERS,
            rung="monolith",
            environment={"STRANGLER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)},
        ) as shop,
    ):
        narrator.say(f"open at {shop.addresses['web']}/, staff at /admin/")
        logins = open_logins(shop, [path], each_lot=each_lot)
        narrator.say(
            f"{len(logins.readers[path])} people read {PAGES[path].title}; "
            "an invoice comes in every second"
        )
        trade = Path(folder) / "generated_trade.csv.gz"
        with (
            live_trade(shop, trade, seconds_per_invoice=_SECONDS_PER_INVOICE),
            reading(shop, path, logins) as readings,
        ):
            return _tell(story.Stage(shop=shop, path=path, readings=readings, narrator=narrator))


def _tell(stage: story.Stage) -> int:
    began = time.time()
    try:
        for chapter in story.CHAPTERS:
            chapter(stage)
    finally:
        is_well = story.tell_the_end(stage, began=began)
    return 0 if is_well else 1


if __name__ == "__main__":
    main()
