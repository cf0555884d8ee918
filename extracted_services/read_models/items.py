"""Rows and heads as a DynamoDB table spells them: one partition per copy, its head first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extracted_services.read_models.projecting import Head

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_ROW = "#"
FIRST_ROW, AFTER_ALL_ROWS = "$", "~"
"""Names of rows are between these two; the head's sorts before."""

Item = dict[str, Any]
Action = dict[str, Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Write a row whole, whether or not it is there."""

    row: str
    values: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Give a row that is there some other values, and leave the rest as it is."""

    row: str
    values: Item


Write = Put | Update


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What DynamoDB leaves out before it answers; it is read, and paid for, all the same."""

    expression: str
    names: dict[str, str]
    values: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The rows from one name to another, both included. DynamoDB looks through `at_once` a call."""

    low: str = FIRST_ROW
    high: str = AFTER_ALL_ROWS
    backwards: bool = False
    at_once: int | None = None
    where: Filter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """All that is kept of a stream: the head, if there is one, and the rows by their names."""

    head: Head | None
    rows: tuple[Item, ...] = ()


def number(value: int) -> Item:
    """Write a number as DynamoDB takes it."""
    return {"N": str(value)}


def write_head(head: Head) -> Item:
    """Write a head's attributes."""
    return {
        "as_of": number(head.as_of),
        "awaiting_snapshot": {"BOOL": head.awaiting_snapshot},
        "replacing": {"S": head.replacing} if head.replacing else {"NULL": True},
    }


def read_head(item: Item) -> Head:
    """Read a head back."""
    return Head(
        as_of=int(item["as_of"]["N"]),
        awaiting_snapshot=item["awaiting_snapshot"]["BOOL"],
        replacing=item["replacing"].get("S"),
    )


def read_copy(items: Iterable[Item]) -> Copy:
    """Tell the head from the rows, given all items in the order of their names."""
    head, rows = None, []
    for item in items:
        if item["row"]["S"] == HEAD_ROW:
            head = read_head(item)
        else:
            rows.append(item)
    return Copy(head=head, rows=tuple(rows))


def write_place(key: str, row: str) -> str:
    """Write where a list of copies stopped as one word, for somebody who will go on behind it."""
    return f"{key}~{row}"


def read_place(text: str) -> tuple[str, str]:
    """Read a place back: the key of a copy and the name of a row.

    Raises:
        ValueError: it is none.
    """
    # Names of rows may hold a tilde, keys never do.
    key, tilde, row = text.partition("~")
    if not key or not tilde or not row:
        raise ValueError(f"not a place in the list: {text!r}")
    return key, row
