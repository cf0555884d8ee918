"""`python -m benchmarks.outbox [--only NAME]`: measure, print the table, keep the figures."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import publish, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server

    Measure = Callable[[Server], list[Figure]]


def main() -> None:
    """Measure everything, or what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="may be given several times")
    only = parser.parse_args().only
    # So that what was started is stopped, and the folder removed, whoever ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="banyan-outbox-") as folder:
        _have_no_shop(Path(folder))
        figures = _measure(Path(folder), only or NAMES)
    sys.exit(not publish("outbox", figures))


NAMES = (
    "drain",
    "slow-broker",
    "sns",
    "peers",
    "writing",
    "placing",
    "idling",
    "waking",
    "flat-cost",
)


def _measures() -> dict[str, Measure]:
    from benchmarks.outbox import (
        against_peers,
        broker,
        drain,
        flat_cost,
        idling,
        placing,
        waking,
        writing,
    )

    return {
        "drain": drain.measure,
        "slow-broker": drain.measure_slowly,
        "sns": broker.measure,
        "peers": against_peers.measure,
        "writing": writing.measure,
        "placing": placing.measure,
        "idling": idling.measure,
        "waking": waking.measure,
        "flat-cost": flat_cost.measure,
    }


def _measure(folder: Path, names: list[str] | tuple[str, ...]) -> list[Figure]:
    import django

    django.setup()
    from benchmarks.outbox.servers import running_server

    figures: list[Figure] = []
    measures = _measures()
    began = time.monotonic()
    with running_server(folder) as server:
        for name in names:
            print(f"{time.monotonic() - began:4.0f} s  {name} …", file=sys.stderr, flush=True)
            figures += measures[name](server)
    return [*figures, told("all of it", time.monotonic() - began, "s")]


def _have_no_shop(folder: Path) -> None:
    """Make sure that no running shop is found, and that every process says only what went wrong."""
    os.environ.update(
        BANYAN_LOCAL="yes",
        BANYAN_STATE_DIR=str(folder),
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        DJANGO_SETTINGS_MODULE="monolith.config.settings",
        LOG_LEVEL="ERROR",
    )


if __name__ == "__main__":
    main()
