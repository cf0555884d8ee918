"""The last step of an operation: recording what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def announce(events: Mapping[str, object], *, at: datetime) -> None:
    """Record one event per stream, in the order in which everybody locks streams."""
    for stream in sorted(events):
        recording.record(events[stream], stream=stream, occurred_at=at)
