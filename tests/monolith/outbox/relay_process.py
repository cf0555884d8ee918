"""A relay as a process of its own, to be killed and frozen: `relay_process FILE LEASE_SECONDS`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import django


def main() -> None:
    """Relay until SIGTERM."""
    django.setup()
    from monolith.outbox.relay import Relay
    from tests.monolith.outbox.brokers import FilePublisher
    from tests.monolith.outbox.running import quick_options

    options = quick_options(lease_seconds=float(sys.argv[2]))
    relay = Relay(publisher=FilePublisher(Path(sys.argv[1])), options=options)
    signal.signal(signal.SIGTERM, lambda *_: relay.stop())
    relay.run()


if __name__ == "__main__":
    main()
