"""django-outbox-pattern, through its own `publish` command.

Stubbed: the STOMP connection alone, by the setting that chooses its class. Settings are the
defaults: its options are about waiting and retries, and the one for the size of a chunk of its
cursor made no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from benchmarks.outbox.events import content_of
from benchmarks.outbox.peers import django_project

if TYPE_CHECKING:
    from benchmarks.outbox.events import Event
    from benchmarks.outbox.sightings import Sink

_CHUNK = 1_000


class NullConnection:
    """Stands where the connection to a STOMP broker would."""

    sink: ClassVar[Sink]

    def __init__(self, **_options: Any) -> None:
        self._is_connected = False

    def connect(self, **_credentials: Any) -> None:
        """Connect to nobody."""
        self._is_connected = True

    def is_connected(self) -> bool:
        """Tell so."""
        return self._is_connected

    def disconnect(self) -> None:
        """Leave nobody."""
        self._is_connected = False

    def send(self, *, headers: dict[str, str], **_frame: Any) -> None:
        """Take a message."""
        self.sink.note([headers["dop-msg-id"]])


def seed(url: str, events: list[Event]) -> None:
    """Make rows as `Published.save` does, in bulk."""
    _start(url)
    django_project.make_tables()
    from django_outbox_pattern.headers import get_message_headers
    from django_outbox_pattern.models import Published

    rows = [
        Published(id=event.id, destination="events", body=content_of(event)) for event in events
    ]
    for row in rows:
        row.headers = get_message_headers(row)
    Published.objects.bulk_create(rows, batch_size=_CHUNK)


def drain(url: str, sink: Sink) -> None:
    """Publish until stopped."""
    NullConnection.sink = sink
    _start(url)
    from django.core.management import call_command

    call_command("publish")


def _start(url: str) -> None:
    connection = f"{NullConnection.__module__}.{NullConnection.__qualname__}"
    django_project.start(
        url,
        "django_outbox_pattern",
        DJANGO_OUTBOX_PATTERN={"DEFAULT_CONNECTION_CLASS": connection},
    )
