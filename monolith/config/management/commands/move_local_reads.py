"""`manage.py move_local_reads PATH…`: what a new local shop needs before its reads may move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from event_contracts.streams import stream_kind
from monolith.strangler import registry

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.core.management.base import CommandParser

_REASON = "a new local shop"
_MOST_KEYS = 1_000_000


class Command(BaseCommand):
    """Does in one process what the runbook does for one path at a time: a start takes seconds."""

    help = "Fill the services of some read paths, see that they agree, and put the paths on a rung."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the paths and the rung."""
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--rung", help="left out: the services are filled, and nothing moves")

    def handle(self, *, paths: list[str], rung: str | None, **_options: Any) -> None:
        """Fill all, then compare and place each.

        Raises:
            CommandError: a service does not answer as the monolith does, or is not there.
        """
        # One service takes its snapshots in while the next one's are recorded.
        for path in _fillers(paths):
            call_command("strangler", "backfill", path, "--restart", stdout=self.stdout)
        for path in paths if rung else ():
            call_command("strangler", "reconcile", path, stdout=self.stdout)
            call_command(
                "strangler", "place", path, rung, f"--reason={_REASON}", stdout=self.stdout
            )


def _fillers(paths: Collection[str]) -> list[str]:
    """Choose the paths whose snapshots fill all services: some kinds serve more than one of them.

    Those that record one kind come first, the longest ones before the others. A path is left out if
    all that it would record has been by then.
    """
    recorded = {path: _recorded_by(path) for path in paths}

    def kinds_and_length(path: str) -> tuple[int, int]:
        return len({kind for kind, _ in recorded[path]}), -len(recorded[path])

    chosen: list[str] = []
    filled: set[tuple[type, str]] = set()
    for path in sorted(paths, key=kinds_and_length):
        if not recorded[path] or recorded[path] - filled:
            chosen.append(path)
            filled |= recorded[path]
    return sorted(chosen)


def _recorded_by(path: str) -> set[tuple[type, str]]:
    """Return the kind and the stream of each snapshot that a backfill of a path would record.

    The streams of one kind have snapshots of one kind: one of each is made to see which.
    """
    source = registry.get_path(path).source
    kinds: dict[str, type] = {}
    found = set()
    for key in source.keys_after("", _MOST_KEYS):
        stream = source.stream_of(key)
        kind = stream_kind(stream)
        if kind not in kinds:
            kinds[kind] = type(source.snapshot(key))
        found.add((kinds[kind], stream))
    return found
