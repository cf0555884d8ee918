"""`manage.py outbox`: running, watching and keeping house; `verbs` has streams and replay."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from monolith.outbox import queries, retention
from monolith.outbox.exposing import exposed
from monolith.outbox.management.instants import instant
from monolith.outbox.management.verbs import replay, streams
from monolith.outbox.relay_metrics import RelayMetrics
from monolith.outbox.resync import republish_since
from monolith.outbox.tasks import DAYS_AHEAD, retention_days
from monolith.outbox.worker import make_relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """The outbox from the command line."""

    help = "See how the outbox is doing, and act on it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        relay = verbs.add_parser("relay", help="run a relay in the foreground until Ctrl-C")
        relay.set_defaults(run=_relay)
        status = verbs.add_parser("status", help="say what waits, and who sees to it")
        status.add_argument("--json", action="store_true", help="one JSON object, for scripts")
        status.set_defaults(run=_status)
        streams.declare(verbs)
        resync = verbs.add_parser(
            "resync", help="publish again, to everybody, what a broker forgot; see also replay"
        )
        since = resync.add_mutually_exclusive_group(required=True)
        since.add_argument("--since", type=instant, help="ISO 8601 with time zone")
        since.add_argument("--minutes", type=float, help="the last N minutes")
        resync.add_argument("--dry-run", action="store_true", help="count only")
        resync.set_defaults(run=_resync)
        replay.declare(verbs)
        purge = verbs.add_parser("purge", help="drop old, fully published days; make coming ones")
        purge.add_argument("--keep-days", type=int, default=None)
        purge.add_argument("--dry-run", action="store_true", help="say what would be dropped")
        purge.set_defaults(run=_purge)

    def handle(self, *, run: Callable[[BaseCommand, dict[str, Any]], None], **options: Any) -> None:
        """Run one verb."""
        run(self, options)


def _relay(_command: BaseCommand, _options: dict[str, Any]) -> None:
    metrics = RelayMetrics()
    relay = make_relay(observer=metrics)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: relay.stop())
    with exposed(metrics.registry):
        relay.run()


def _status(command: BaseCommand, options: dict[str, Any]) -> None:
    status = asdict(queries.get_status())
    if options["json"]:
        command.stdout.write(json.dumps(status))
        return
    for name, value in status.items():
        command.stdout.write(f"{name.replace('_', ' '):<28} {_shown(value)}")


def _resync(command: BaseCommand, options: dict[str, Any]) -> None:
    since = options["since"]
    if since is None:
        since = datetime.now(UTC) - timedelta(minutes=options["minutes"])
    count = republish_since(since=since, dry_run=options["dry_run"])
    would = "would be " if options["dry_run"] else ""
    command.stdout.write(f"{count} events {would}published again")


def _purge(command: BaseCommand, options: dict[str, Any]) -> None:
    keep_days = retention_days() if options["keep_days"] is None else options["keep_days"]
    if keep_days < 0:
        raise CommandError("--keep-days must not be negative")
    today = datetime.now(UTC).date()
    dry_run = options["dry_run"]
    created = [] if dry_run else retention.create_partitions(today=today, days_ahead=DAYS_AHEAD)
    purged = retention.drop_published(today=today, keep_days=keep_days, dry_run=dry_run)
    command.stdout.write(f"created: {_shown(created)}")
    command.stdout.write(f"{'would be ' if dry_run else ''}dropped: {_shown(purged.dropped)}")
    command.stdout.write(f"kept, unpublished events inside: {_shown(purged.kept)}")


def _shown(value: object) -> str:
    if value is None or value in ([], ()):
        return "-"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
