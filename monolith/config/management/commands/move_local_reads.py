"""`manage.py move_local_reads PATH…`: what a new local shop needs before its reads may move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

_REASON = "a new local shop"


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
        for path in paths:
            call_command("strangler", "backfill", path, "--restart", stdout=self.stdout)
        for path in paths if rung else ():
            call_command("strangler", "reconcile", path, stdout=self.stdout)
            call_command(
                "strangler", "place", path, rung, f"--reason={_REASON}", stdout=self.stdout
            )
