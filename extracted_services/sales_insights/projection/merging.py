"""From rows to files: one file for each day of each table, and one for a whole table that is small.

A crash between any two steps loses nothing and shows nothing twice: files count from the moment at
which the list of files names them, what landed goes after that, and readers look at what landed
before they look at the list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from extracted_services.sales_insights.view import (
    FILES,
    WHOLES,
    DataFile,
    Replaced,
    Whole,
    heard,
    newest,
    rows_of,
    shape_of,
    stage,
    staged_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from extracted_services.sales_insights.view import (
        Lake,
        LandedRow,
        Landing,
        Manifest,
        Partition,
    )

MOST_LANDED = 2_000
"""Landed objects that one merge takes in."""
FULL_BYTES = 64 * 1024 * 1024
"""A file of this size is left alone; the next events of its partition begin another one."""
MOST_HELD_BYTES = 16 * 1024**2
"""A table whose files are no larger together is kept in one file as well. Whoever answers begins
with it: fetching and opening a year of daily files takes longer than what is asked of them."""
READ_FOR = timedelta(hours=1)
"""A replaced file is kept as long as somebody may be reading it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What one merge did; `rows` are those that were new."""

    landed: int = 0
    rows: int = 0
    files: int = 0

    @property
    def may_be_more(self) -> bool:
        """Whether it took in as much as one merge does."""
        return self.landed == MOST_LANDED


def merge(lake: Lake, engine: Any, *, now: datetime, full_bytes: int = FULL_BYTES) -> Merged:
    """Take what landed into files; doing so again changes nothing. `engine` is a DuckDB connection.

    Raises:
        ManifestMoved: another merge was faster; nothing was changed.
    """
    manifest, token = lake.read_manifest()
    keys = lake.list_landed(MOST_LANDED)
    landed = lake.read_landed(keys)
    partitions = _by_partition(row for landing in landed for row in landing.rows)
    written = []
    with TemporaryDirectory(prefix="merging-") as folder:
        merging = _Merging(lake, engine, Path(folder), full_bytes)
        for place, group in partitions:
            file = merging.write(place, group, manifest.of(place))
            if file is not None:
                written.append((file, _open_file(manifest.of(place), full_bytes)))
        changed = _changed(manifest, written, landed, now)
        changed = _with_wholes(changed, merging, now)
    if changed != manifest:
        lake.replace_manifest(changed, token)
    for place, _ in partitions:
        lake.list_for_athena(place, changed.of(place))
    lake.take_away([*keys, *_outlived(manifest, now)])
    new = sum(file.rows - (old.rows if old else 0) for file, old in written)
    return Merged(landed=len(keys), rows=new, files=len(written))


@dataclass(frozen=True, slots=True)
class _Merging:
    lake: Lake
    engine: Any
    folder: Path
    full_bytes: int

    def write(
        self, place: Partition, rows: Sequence[LandedRow], files: Sequence[DataFile]
    ) -> DataFile | None:
        """Write a partition's open file anew with these rows; None if it had them all."""
        opened = _open_file(files, self.full_bytes)
        full = [file for file in files if file != opened]
        written = self.folder / "written.parquet"
        count = self._copy(place.table, rows, opened, full, written)
        if count == (opened.rows if opened else 0):
            return None
        key = _key_of(place, rows, opened)
        self.lake.store(written, key)
        return DataFile(
            key=key,
            table=place.table,
            day=place.day,
            rows=count,
            size_bytes=written.stat().st_size,
            shape=shape_of(place.table),
        )

    def keep_whole(self, whole: Whole, files: Sequence[DataFile]) -> None:
        """Write the rows of all files of a table into one."""
        written = self.folder / "whole.parquet"
        rows = rows_of(self.lake, files, whole.table)
        self.engine.execute(f"COPY ({rows}) TO '{written}' (FORMAT parquet, COMPRESSION zstd)")
        self.lake.store(written, whole.key)

    def _copy(
        self,
        table: str,
        rows: Sequence[LandedRow],
        opened: DataFile | None,
        full: Sequence[DataFile],
        written: Path,
    ) -> int:
        staged = self.folder / "staged.jsonl"
        stage(rows, staged)
        old = rows_of(self.lake, [opened] if opened else [], table)
        elsewhere = rows_of(self.lake, full, table)
        statement = f"""
            COPY (
                SELECT * FROM ({old}) UNION ALL BY NAME
                SELECT * FROM ({staged_rows(staged, table)}) WHERE fact_id NOT IN (
                    SELECT fact_id FROM ({old}) UNION ALL SELECT fact_id FROM ({elsewhere})
                ) ORDER BY occurred_at, fact_id
            ) TO '{written}' (FORMAT parquet, COMPRESSION zstd)
        """  # noqa: S608
        (count,) = self.engine.execute(statement).fetchone()
        return int(count)


def _by_partition(rows: Iterable[LandedRow]) -> list[tuple[Partition, list[LandedRow]]]:
    def name(row: LandedRow) -> tuple[str, str]:
        return row.place.table, row.place.day

    groups = [list(group) for _, group in groupby(sorted(rows, key=name), key=name)]
    return [(group[0].place, group) for group in groups]


def _open_file(files: Sequence[DataFile], full_bytes: int) -> DataFile | None:
    return next((file for file in files if file.size_bytes < full_bytes), None)


def _key_of(place: Partition, rows: Iterable[LandedRow], opened: DataFile | None) -> str:
    """Name a file after what it was made from: made again, it is the same file."""
    digest = blake2b((opened.key if opened else "").encode(), digest_size=16)
    for fact_id in sorted({row.fact_id for row in rows}):
        digest.update(fact_id.encode())
    return f"{FILES}{place.table}/day={place.day}/{digest.hexdigest()}.parquet"


def _with_wholes(manifest: Manifest, merging: _Merging, now: datetime) -> Manifest:
    """Keep every small table whole, in one file; that of other files than now is outdated."""
    wholes = []
    for table in sorted({file.table for file in manifest.files}):
        files = manifest.of_table(table)
        if sum(file.size_bytes for file in files) <= MOST_HELD_BYTES:
            whole = _whole_of(table, files)
            if whole not in manifest.wholes:
                merging.keep_whole(whole, files)
            wholes.append(whole)
    outdated = sorted(whole.key for whole in set(manifest.wholes) - set(wholes))
    return replace(
        manifest,
        wholes=tuple(wholes),
        replaced=(*manifest.replaced, *(Replaced(key=key, replaced_at=now) for key in outdated)),
    )


def _whole_of(table: str, files: Iterable[DataFile]) -> Whole:
    """Name a whole after what it was made from, as `_key_of` does."""
    digest = blake2b(shape_of(table).encode(), digest_size=16)
    for file in files:
        digest.update(f"{file.key}\n".encode())
    key = f"{WHOLES}{table}/{digest.hexdigest()}.parquet"
    return Whole(key=key, table=table, shape=shape_of(table))


def _changed(
    manifest: Manifest,
    written: Sequence[tuple[DataFile, DataFile | None]],
    landed: Sequence[Landing],
    now: datetime,
) -> Manifest:
    gone = {old.key for _, old in written if old is not None}
    kept = [file for file in manifest.files if file.key not in gone]
    still_read = [each for each in manifest.replaced if each.key not in _outlived(manifest, now)]
    return replace(
        manifest,
        files=tuple(sorted([*kept, *(file for file, _ in written)], key=lambda file: file.key)),
        replaced=(*still_read, *(Replaced(key=key, replaced_at=now) for key in sorted(gone))),
        recorded_until=newest(manifest, landed),
        heard=heard(manifest, landed),
    )


def _outlived(manifest: Manifest, now: datetime) -> list[str]:
    return [each.key for each in manifest.replaced if each.replaced_at < now - READ_FOR]
