"""`manage.py strangler watch`: the watch over all paths, in the foreground, beside any worker."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from monolith.strangler import pulse
from monolith.strangler.watching.watcher import Watcher

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.core.management.base import BaseCommand


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    verbs.add_parser("watch", help="watch over all paths in the foreground").set_defaults(run=_run)


def _run(_command: BaseCommand, _options: dict[str, Any]) -> None:
    """Watch until Ctrl-C, whenever no worker does."""
    watcher = Watcher()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watcher.stop_soon())
    pulse.start("watch")
    watcher.run()
