"""Copies in memory: held to DynamoDB's by test_tables.py, which runs against both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extracted_services.read_models.items import Copy, Item, Put, Span, Write, read_place
from extracted_services.read_models.tables import HeadMoved, RowMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extracted_services.read_models.projecting import Head

KEYS_AT_ONCE = 2


class InMemoryTable:
    """Keeps what `DynamoDBTable` keeps, as long as the process lives."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self.copies: dict[str, dict[str, Item]] = {}

    def close(self) -> None:
        pass

    def find_head(self, key: str) -> Head | None:
        return self.heads.get(key)

    def find_row(self, key: str, row: str) -> Item | None:
        return self.copies.get(key, {}).get(row)

    def rows(self, key: str, span: Span) -> Iterator[Item]:
        # A filter only spares what the asker leaves out as well.
        copy = self.copies.get(key, {})
        for row in sorted(copy, reverse=span.backwards):
            if span.low <= row <= span.high:
                yield copy[row]

    def read(self, key: str) -> Copy:
        return Copy(head=self.find_head(key), rows=tuple(self.rows(key, Span())))

    def list_keys(self, after: str | None) -> tuple[list[str], str | None]:
        place, _ = read_place(after) if after else ("", "")
        keys = sorted(key for key in self.heads if key > place)
        page = keys[:KEYS_AT_ONCE]
        return page, f"{page[-1]}~#" if len(keys) > len(page) else None

    def write(
        self,
        key: str,
        writes: Sequence[Write],
        *,
        expected: Head | None,
        head: Head,
        replacement: str | None = None,
    ) -> None:
        if self.find_head(key) != expected:
            raise HeadMoved(key)
        copy = {} if replacement is not None else dict(self.copies.get(key, {}))
        for write in writes:
            copy[write.row] = _written(copy, write)
        self.copies[key] = copy
        self.heads[key] = head


def _written(copy: dict[str, Item], write: Write) -> Item:
    name: Item = {"row": {"S": write.row}}
    if isinstance(write, Put):
        return name | write.values
    if write.row not in copy:
        raise RowMissing(write.row)
    return copy[write.row] | write.values
