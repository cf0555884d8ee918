"""`python -m benchmarks.strangler [--only NAME]`: measure, print the table, keep the figures."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import publish
from benchmarks.strangler.scene import opened
from infra.local.running import run_shop

NAMES = ("routing", "pages", "changes", "rest")
# The watch is left to the benchmark itself, where its statements can be counted.
_ENVIRONMENT = {"STRANGLER_WATCH_IN_WORKER": "no"}


def main() -> None:
    """Open a quiet shop whose history is compared, and measure everything, or what was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="may be given several times")
    only = parser.parse_args().only or NAMES
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory(prefix="banyan-strangler-") as folder,
        run_shop(Path(folder), generated_orders=150, environment=_ENVIRONMENT) as shop,
        opened(shop) as scene,
    ):
        from benchmarks.strangler import changes, pages, rest, routing

        measures = {
            "routing": routing.measure,
            "pages": pages.measure,
            "changes": changes.measure,
            "rest": rest.measure,
        }
        figures = [figure for name in only for figure in measures[name](scene)]
    sys.exit(not publish("strangler", figures))


if __name__ == "__main__":
    main()
