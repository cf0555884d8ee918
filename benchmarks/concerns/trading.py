"""Live trade at a pace, in a process of its own on the monolith's machine; times what it places.

`python -m benchmarks.concerns.trading FILE PACE_SECONDS TIMES`: a line of TIMES per order placed,
`<when it ended> <milliseconds>`.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

import django

from benchmarks.concerns.machines import join_the_monolith


def main(file: str, pace: str, times: str) -> None:
    """Replay until told to stop."""
    join_the_monolith()
    django.setup()
    from monolith.ordering.operations import place_order
    from monolith.trade import live_trade
    from monolith.trade.pacing import SecondsPerInvoice
    from monolith.trade.replay import Wishes, replay_trade

    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with Path(times).open("a", buffering=1) as sink:

        def timed(**order: Any) -> Any:
            began = time.perf_counter()
            placed = place_order(**order)
            sink.write(f"{time.time():.6f} {1000 * (time.perf_counter() - began):.3f}\n")
            return placed

        wishes = Wishes(pace=SecondsPerInvoice(float(pace)), stopping=stopping)
        with patch.object(live_trade, "place_order", timed):
            replay_trade(file=Path(file), wishes=wishes)


if __name__ == "__main__":
    main(*sys.argv[1:])
