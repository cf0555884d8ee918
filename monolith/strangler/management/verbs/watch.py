"""`manage.py strangler watch`: the watch over all paths, in the foreground, beside any worker."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from monolith.strangler import pulse
from monolith.strangler.watching import Watcher

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from django.core.management.base import BaseCommand


def add_arguments(parser: ArgumentParser) -> None:
    """Declare nothing: there is nothing to say behind `watch`."""


def run(_command: BaseCommand, **_options: Any) -> None:
    """Watch until Ctrl-C, whenever no worker does."""
    watcher = Watcher()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watcher.stop_soon())
    pulse.start("watch")
    watcher.run()
