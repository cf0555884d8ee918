"""What is kept: a table for each type of event, a row for each event, and a list of the files.

Tables follow the contracts: a field of an event is a column, and a field added later is a column
that older files do not have.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Protocol, get_args, get_origin, get_type_hints

from event_contracts.catalogue import ProductSnapshotTaken
from event_contracts.customers import Contact
from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.registry import EVENT_CLASSES, EVENT_TYPES, is_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from extracted_services.sales_insights.view.landing import Landing

READS = frozenset({"catalogue", "ordering"})
"""The apps whose facts have tables; of others, and of snapshots, only the envelope is kept.

Facts of customers say whom to write to: what identifies a person is kept nowhere here, and no
`Contact` that another fact carries is a column.
"""
_KEPT_WHOLE = EVENT_TYPES[ProductSnapshotTaken]
SNAPSHOTS = frozenset({EVENT_TYPES[CustomerOrdersSnapshotTaken], _KEPT_WHOLE})
"""The snapshots that are taken over; any other is left alone, known or not.

Those of orders are taken apart into facts. Those of products are rows of a table of their own: what
a product is now tells less than the facts that made it so.
"""
OTHERS = "other_events"
FILES, WHOLES, ATHENA, MANIFEST = "events/", "tables/", "athena/", "manifest.json"

_ENVELOPE = (
    ("fact_id", "VARCHAR"),
    ("event_id", "VARCHAR"),
    ("event_type", "VARCHAR"),
    ("stream", "VARCHAR"),
    ("version", "BIGINT"),
    ("occurred_at", "TIMESTAMP"),
    ("recorded_at", "TIMESTAMP"),
)
_SCALARS = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN", datetime: "TIMESTAMP"}

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The events of one table that occurred on one day of UTC (`2011-03-14`)."""

    table: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A Parquet file: never changed, and of one partition; no event is in two of them.

    `shape` names the columns that it was written with, as `shape_of` does.
    """

    key: str
    table: str
    day: str
    rows: int
    size_bytes: int
    shape: str = ""

    @property
    def place(self) -> Partition:
        """Where its events belong."""
        return Partition(table=self.table, day=self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One file with the rows of all files of a small table: what a function begins with."""

    key: str
    table: str
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A file whose events are in another one since an instant; somebody may be reading it yet."""

    key: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Which files hold the events that were merged, and when the newest of those was recorded.

    `wholes` repeat the rows of tables that are small. `heard` is the version that the stream of
    heartbeats had come to by then.
    """

    files: tuple[DataFile, ...] = ()
    wholes: tuple[Whole, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    recorded_until: datetime | None = None
    heard: int = 0

    @property
    def keys(self) -> list[str]:
        """Name every object that counts."""
        return [file.key for file in self.files] + [whole.key for whole in self.wholes]

    def of(self, place: Partition) -> tuple[DataFile, ...]:
        """Return the files of a partition."""
        return tuple(file for file in self.files if file.place == place)

    def of_table(self, table: str) -> tuple[DataFile, ...]:
        """Return the files of a table."""
        return tuple(file for file in self.files if file.table == table)

    def whole(self, table: str) -> Whole | None:
        """Return the one file with all rows of a table; None if the table is not small."""
        return next((whole for whole in self.wholes if whole.table == table), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that had arrived at a moment: what landed, and which files there were *after* that.

    In this order an event that a merge moves meanwhile is seen in both places, rather than in none.
    """

    landed: tuple[Landing, ...]
    manifest: Manifest


class Lake(Protocol):
    """Where all of it is kept: S3 and the disk of a function, or the memory of a test."""

    def survey(self, most: int, *, anew: bool = False) -> Survey:
        """See what has arrived, at most so many landed objects: a moment ago, unless `anew`.

        Raises:
            Gone: a landed object was merged and taken away meanwhile.
        """

    def list_landed(self, most: int) -> list[str]:
        """List objects that landed and were not taken away after they were merged."""

    def read_landed(self, keys: Sequence[str]) -> list[Landing]:
        """Read landed objects.

        Raises:
            Gone: one was merged and taken away meanwhile.
        """

    def read_manifest(self) -> tuple[Manifest, str | None]:
        """Read the list of files, and the token that it can be replaced with."""

    def replace_manifest(self, manifest: Manifest, token: str | None) -> None:
        """Put another list in the place of the one that the token is of, at one stroke.

        Raises:
            ManifestMoved: somebody else has replaced it.
        """

    def fetch(self, files: Sequence[DataFile | Whole]) -> list[Path]:
        """Return local copies.

        Raises:
            Gone: one was replaced, and taken away.
        """

    def store(self, path: Path, key: str) -> None:
        """Upload a file."""

    def list_for_athena(self, place: Partition, files: Sequence[DataFile]) -> None:
        """Tell Athena which files a partition consists of, at one stroke."""

    def take_away(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone already are no matter."""


@cache
def table_of(event_type: str) -> str:
    """Name the table of a type of event: `ordering_order_placed_v1`."""
    is_fact = event_type.partition(".")[0] in READS and not is_snapshot(event_type)
    return event_type.replace(".", "_") if is_fact or event_type == _KEPT_WHOLE else OTHERS


@cache
def columns_of(table: str) -> Columns:
    """Return a table's columns and their types, as DuckDB writes them.

    Raises:
        KeyError: there is no such table.
    """
    return _ENVELOPE if table == OTHERS else (*_ENVELOPE, *_fields(_CLASSES[table]))


_CLASSES = {
    table_of(event_type): cls
    for event_type, cls in EVENT_CLASSES.items()
    if table_of(event_type) != OTHERS
}
TABLES = (*sorted(_CLASSES), OTHERS)


def staged_rows(file: Path, table: str) -> str:
    """Return what selects a staged file's rows, in the columns of their table; each event once."""
    columns = ", ".join(f"\"{name}\": '{kind}'" for name, kind in columns_of(table))
    return (
        f"SELECT DISTINCT ON (fact_id) * FROM read_json('{file}', "  # noqa: S608 - names of ours
        f"format = 'newline_delimited', columns = {{{columns}}})"
    )


@cache
def shape_of(table: str) -> str:
    """Name the columns of a table, and those within them: other columns, another name."""
    return blake2b(repr(columns_of(table)).encode(), digest_size=8).hexdigest()


def rows_of(lake: Lake, files: Sequence[DataFile | Whole], table: str) -> str:
    """Return what selects the rows of files of a table, in its columns.

    Raises:
        Gone: see `Lake.fetch`.
    """
    today = [file for file in files if file.shape == shape_of(table)]
    older = [file for file in files if file.shape != shape_of(table)]
    return file_rows(lake.fetch(today), table, older=lake.fetch(older))


def file_rows(files: Sequence[Path], table: str, *, older: Sequence[Path] = ()) -> str:
    """Return what selects the rows of files with the columns of their table, and of older ones.

    A column that an older file does not have is empty: it was written before there was the field.
    What columns those have, DuckDB only knows after a look at the end of each; the others it opens
    when it comes to them.
    """
    nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns_of(table))
    parts = [f"SELECT {nothing} WHERE false"] if older or not files else []
    for paths, union_by_name in ((files, "false"), (older, "true")):
        if paths:
            names = ", ".join(f"'{path}'" for path in paths)
            parts.append(
                f"SELECT * FROM read_parquet([{names}], "  # noqa: S608
                f"hive_partitioning = false, union_by_name = {union_by_name})"
            )
    return " UNION ALL BY NAME ".join(parts)


def _fields(cls: type) -> Columns:
    hints = get_type_hints(cls)
    return tuple(
        (field.name, _sql_type(hints[field.name]))
        for field in fields(cls)
        if Contact not in (hints[field.name], *get_args(hints[field.name]))
    )


def _sql_type(hint: Any) -> str:
    if isinstance(hint, UnionType):
        return _sql_type(next(arg for arg in get_args(hint) if arg is not NoneType))
    if get_origin(hint) is tuple:
        return f"{_sql_type(get_args(hint)[0])}[]"
    if is_dataclass(hint):
        inner = ", ".join(f'"{name}" {kind}' for name, kind in _fields(hint))  # type: ignore[arg-type]
        return f"STRUCT({inner})"
    return _SCALARS[hint]
