"""A table in memory that counts what DynamoDB would have charged for each of its transactions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from extracted_services.read_models.items import HEAD_ROW, Put, write_head
from tests.extracted_services.read_models.in_memory_table import InMemoryTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extracted_services.read_models.items import Item, Write
    from extracted_services.read_models.projecting import Head

_WRITTEN_AT_ONCE = 1024
_READ_AT_ONCE = 4096
# In a transaction everything costs double: it is prepared, and then done.
_TRANSACTION = 2
_CONTAINER, _ELEMENT = 3, 1


class MeteredTable(InMemoryTable):
    """Keeps copies, and of each write the sizes of its items by the kinds of their rows."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.sizes: dict[str, list[int]] = defaultdict(list)
        self.write_units: list[int] = []

    def write(
        self,
        key: str,
        writes: Sequence[Write],
        *,
        expected: Head | None,
        head: Head,
        replacement: str | None = None,
    ) -> None:
        """Write, and note what it costs."""
        super().write(key, writes, expected=expected, head=head, replacement=replacement)
        whole = [Put(row=HEAD_ROW, values=write_head(head)), *writes]
        sizes = {write.row: item_bytes(_keyed(key, write.row) | write.values) for write in whole}
        for row, size in sizes.items():
            self.sizes[row.partition("#")[0]].append(size)
        self.write_units.append(sum(map(write_units, sizes.values())))


def write_units(size: int) -> int:
    """Return what writing an item of so many bytes within a transaction costs."""
    return _TRANSACTION * -(-size // _WRITTEN_AT_ONCE)


def read_units(size: int) -> int:
    """Return what reading an item of so many bytes, strongly consistent, costs."""
    return -(-size // _READ_AT_ONCE)


def item_bytes(item: Item) -> int:
    """Return the size of an item as DynamoDB counts it: names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Item) -> int:
    ((kind, content),) = value.items()
    size: int = _SIZES[kind](content)
    return size


def _number_bytes(text: str) -> int:
    return -(-len(text.lstrip("-")) // 2) + 1 + text.startswith("-")


def _list_bytes(values: list[Any]) -> int:
    return _CONTAINER + sum(_ELEMENT + _value_bytes(value) for value in values)


def _map_bytes(values: Item) -> int:
    return _CONTAINER + len(values) * _ELEMENT + item_bytes(values)


def _keyed(key: str, row: str) -> Item:
    return {"customer_id": {"S": key}, "row": {"S": row}}


_SIZES: dict[str, Any] = {
    "S": lambda text: len(text.encode()),
    "N": _number_bytes,
    "BOOL": lambda _yes: 1,
    "NULL": lambda _null: 1,
    "L": _list_bytes,
    "M": _map_bytes,
}
