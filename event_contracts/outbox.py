"""What the outbox itself has to say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSkipped:
    """A fact of the stream could not be published and was given up; only its version remains."""

    skipped_type: str
