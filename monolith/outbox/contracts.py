"""What the outbox must know about an application's events, and nothing more.

OUTBOX_CONTRACTS names a module with these functions; `plain_events` serves where there is none.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

DEFAULT = "monolith.outbox.plain_events"
EVENT_SKIPPED = "outbox.event_skipped.v1"
"""The type of what is published in the place of an event that an operator skipped, so that the
versions of its stream have no gap. Its data: `{"skipped_type": <type>}`."""


class Draft(NamedTuple):
    """An event that waits for its version. `data` can be written as JSON."""

    event_id: UUID
    event_type: str
    stream: str
    occurred_at: datetime
    recorded_at: datetime
    traceparent: str | None
    data: Any


class Contracts(Protocol):
    """The application's side of the outbox."""

    def topic_of(self, stream: str) -> str:
        """Return the topic that carries a stream.

        Raises:
            ValueError: it is not the name of a stream.
        """

    def topics(self) -> Collection[str]:
        """Return every topic there is, for the system checks; nothing if nobody can know."""

    def event_type_of(self, event: object) -> str:
        """Return the type on the wire; raise an error of the application's if it has none."""

    def data_of(self, event: object) -> Any:
        """Return what `json` can write of an event."""

    def knows(self, event_type: str) -> bool:
        """Return whether this version of the application has heard of a type.

        A relay leaves alone what it does not know: a newer one is being deployed.
        """

    def encode(self, draft: Draft) -> tuple[str, str]:
        """Write an event as text, in two pieces: what stands before its version and after it.

        The version is a decimal number, given by the database when the transaction commits.
        Neither piece may contain a raw control character; JSON never does.
        """


def contracts() -> Contracts:
    """Return what the settings name."""
    return _contracts_of(getattr(settings, "OUTBOX_CONTRACTS", DEFAULT))


@cache
def _contracts_of(module: str) -> Contracts:
    return cast("Contracts", import_module(module))
