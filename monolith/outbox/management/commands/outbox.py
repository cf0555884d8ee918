"""`manage.py outbox relay|status|resync|purge`."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from monolith.outbox import queries, retention
from monolith.outbox.exposing import exposed
from monolith.outbox.relay_metrics import RelayMetrics
from monolith.outbox.resync import republish_since
from monolith.outbox.tasks import DAYS_AHEAD, retention_days
from monolith.outbox.worker import make_relay

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """The outbox from the command line."""

    help = "See how the outbox is doing, and act on it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("relay", help="run a relay in the foreground until Ctrl-C")
        status = verbs.add_parser("status", help="say what waits, and who sees to it")
        status.add_argument("--json", action="store_true", help="one JSON object, for scripts")
        resync = verbs.add_parser("resync", help="publish again what a broker forgot")
        since = resync.add_mutually_exclusive_group(required=True)
        since.add_argument("--since", type=_instant, help="ISO 8601 with time zone")
        since.add_argument("--minutes", type=float, help="the last N minutes")
        resync.add_argument("--dry-run", action="store_true", help="count only")
        purge = verbs.add_parser("purge", help="drop old, fully published days; make coming ones")
        purge.add_argument("--keep-days", type=int, default=None)
        purge.add_argument("--dry-run", action="store_true", help="say what would be dropped")

    def handle(self, *, verb: str, **options: Any) -> None:
        """Run one verb."""
        verbs = {
            "relay": self._relay,
            "status": self._status,
            "resync": self._resync,
            "purge": self._purge,
        }
        verbs[verb](options)

    def _relay(self, _options: dict[str, Any]) -> None:
        metrics = RelayMetrics()
        relay = make_relay(observer=metrics)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: relay.stop())
        with exposed(metrics.registry):
            relay.run()

    def _status(self, options: dict[str, Any]) -> None:
        status = asdict(queries.get_status())
        if options["json"]:
            self.stdout.write(json.dumps(status))
            return
        for name, value in status.items():
            self.stdout.write(f"{name.replace('_', ' '):<28} {_shown(value)}")

    def _resync(self, options: dict[str, Any]) -> None:
        since = options["since"]
        if since is None:
            since = datetime.now(UTC) - timedelta(minutes=options["minutes"])
        count = republish_since(since=since, dry_run=options["dry_run"])
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(f"{count} events {would}published again")

    def _purge(self, options: dict[str, Any]) -> None:
        keep_days = retention_days() if options["keep_days"] is None else options["keep_days"]
        if keep_days < 0:
            raise CommandError("--keep-days must not be negative")
        today = datetime.now(UTC).date()
        dry_run = options["dry_run"]
        created = [] if dry_run else retention.create_partitions(today=today, days_ahead=DAYS_AHEAD)
        purged = retention.drop_published(today=today, keep_days=keep_days, dry_run=dry_run)
        self.stdout.write(f"created: {_shown(created)}")
        self.stdout.write(f"{'would be ' if dry_run else ''}dropped: {_shown(purged.dropped)}")
        self.stdout.write(f"kept, unpublished events inside: {_shown(purged.kept)}")


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text}: a time zone is missing")
    return instant


def _shown(value: object) -> str:
    if value is None or value in ([], ()):
        return "-"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
