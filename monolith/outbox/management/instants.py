"""Instants as they are typed behind an option."""

from __future__ import annotations

from datetime import datetime


def instant(text: str) -> datetime:
    """Read ISO 8601 with a time zone.

    Raises:
        ValueError: it is something else.
    """
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"{text}: a time zone is missing")
    return read
