"""Lists of rows from JSON, as a table: whatever keys they have become its columns. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# JSON in the database keeps no order: these come first, the others as they are met.
_FIRST = ("key", "place", "kind", "outcome", "final", "monolith", "service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Headers, and rows of as many texts."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_of(entries: Sequence[Any]) -> Table:
    """Make a table; entries that are no objects stand in a column of their own."""
    objects = [entry if isinstance(entry, Mapping) else {"value": entry} for entry in entries]
    keys = dict.fromkeys(str(key) for entry in objects for key in entry)
    headers = tuple(sorted(keys, key=_place_of))
    rows = tuple(tuple(text_of(entry.get(key)) for key in headers) for entry in objects)
    return Table(headers=tuple(header.replace("_", " ") for header in headers), rows=rows)


def text_of(value: Any) -> str:
    """Write a JSON value as people read it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def pretty(value: Any) -> str:
    """Write a JSON value over several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _place_of(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)
