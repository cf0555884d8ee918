"""`manage.py trace ID`: what a request of a local shop led to, from the page to the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from monolith.config import local_traces

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Looks a trace up in the logs of the shop that `make up` runs, or ran."""

    help = "Show a trace of the local shop, by the id of the trace or of an event."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the id."""
        parser.add_argument("id", help="32 hexadecimal digits, or an event's UUID")

    def handle(self, *, id: str, **_options: Any) -> None:  # noqa: A002 - what people type
        """Print the tree.

        Raises:
            CommandError: nothing was recorded here, or nothing under this id.
        """
        logs = settings.STATE_DIR / "logs"
        try:
            spans = local_traces.find_spans(logs, id.lower())
        except local_traces.NothingRecorded as error:
            raise CommandError(
                f"{error}: `make up` records traces there, unless OTEL_EXPORTER_OTLP_ENDPOINT"
                " sends them elsewhere"
            ) from None
        if not spans:
            raise CommandError(f"no span of {id} in {logs}; a new one takes a second to get there")
        for line in local_traces.draw(spans):
            self.stdout.write(line)
