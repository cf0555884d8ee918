"""Looking at all that has arrived: what is in files, and what has landed and is in none."""

from __future__ import annotations

from datetime import UTC
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from extracted_services.read_models.answering import NotComplete
from extracted_services.sales_insights.queries.views import BEHIND, STATED, VIEWS
from extracted_services.sales_insights.store import Gone
from extracted_services.sales_insights.view import heard, newest, rows_of, stage, staged_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import date, datetime

    from extracted_services.sales_insights.view import DataFile, Lake, LandedRow, Landing, Manifest

MOST_LANDED = 10_000
"""Landed objects that an answer looks at; more mean that nothing has been merged for long."""
MOST_HELD_BYTES = 16 * 1024**2
"""Files of a table that are no larger together are read once, and held in memory until a merge:
opening a year of daily files takes longer than what is asked of them."""
TRIES = 3
_FOR_EVER = "9999-12-31"

T = TypeVar("T")


def look(lake: Lake, engine: Any, ask: Callable[[Look], T], *, tries: int = TRIES) -> T:
    """Look at all that has arrived, and return what `ask` makes of it.

    What landed is looked at before the list of files: an event that a merge moves meanwhile is
    seen in both places, and counted once, rather than in none. `engine` is a DuckDB connection.

    Raises:
        NotComplete: nothing has arrived yet, merging lags far behind, or merges were faster every
            time. What `ask` raises is raised, too.
    """
    try:
        keys = lake.list_landed(MOST_LANDED + 1)
        landed = lake.read_landed(keys)
        manifest, _ = lake.read_manifest()
        recorded_until = newest(manifest, landed)
        if recorded_until is None or len(keys) > MOST_LANDED:
            raise NotComplete("lake", f"{len(keys)} landed objects, {len(manifest.files)} files")
        with TemporaryDirectory(prefix="asking-") as folder:
            return ask(Look(lake, engine, manifest, landed, recorded_until, Path(folder)))
    except Gone as error:
        if tries == 1:
            raise NotComplete("lake", f"merged while it was read: {error}") from error
        return look(lake, engine, ask, tries=tries - 1)


class Look:
    """One look at the lake. `recorded_until` is when the newest event was recorded."""

    def __init__(
        self,
        lake: Lake,
        engine: Any,
        manifest: Manifest,
        landed: Sequence[Landing],
        recorded_until: datetime,
        folder: Path,
    ) -> None:
        self.recorded_until = recorded_until
        self._lake, self._engine, self._folder = lake, engine, folder
        self._manifest, self._landed = manifest, landed

    @property
    def heard(self) -> int:
        """The version that the stream of heartbeats has come to."""
        return heard(self._manifest, self._landed)

    def provide(self, reads: Collection[str], until_day: date) -> None:
        """Give DuckDB these tables and views: what occurred before a day, or was stated of it."""
        for table in sorted({table for name in reads for table in BEHIND.get(name, (name,))}):
            self._provide(table, _FOR_EVER if table == STATED else until_day.isoformat())
        for name in sorted(BEHIND.keys() & reads):
            self._engine.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {VIEWS[name]}")

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Run a statement over what was provided; every instant is of UTC."""
        result = self._engine.execute(statement)
        names = [column[0] for column in result.description]
        return [dict(zip(names, map(_utc, row), strict=True)) for row in result.fetchall()]

    def _provide(self, table: str, until: str) -> None:
        kept = self._kept(table, until)
        landed = self._provide_landed(table, until)
        rows = f"{kept} UNION ALL BY NAME SELECT * FROM {landed}" if landed else kept  # noqa: S608
        self._engine.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS {rows}")

    def _kept(self, table: str, until: str) -> str:
        files = self._files(table, lambda _file: True)
        if sum(file.size_bytes for file in files) > MOST_HELD_BYTES:
            before = [file for file in files if file.day < until]
            return rows_of(self._lake, before, table)
        name = f"held_{table}_{_digest(file.key for file in files)}"
        if name not in self._tables(f"held_{table}_"):
            self._replace(f"held_{table}_", name, rows_of(self._lake, files, table))
        return f"SELECT * FROM {name} WHERE occurred_at < TIMESTAMP '{until}'"  # noqa: S608

    def _provide_landed(self, table: str, until: str) -> str:
        rows = [
            row
            for landing in self._landed
            for row in landing.rows
            if row.place.table == table and row.place.day < until
        ]
        if not rows:
            return ""
        days = {row.place.day for row in rows}
        files = self._files(table, lambda file: file.day in days)
        told = [row.fact_id for row in rows]
        name = f"landed_{table}_{_digest((*told, *(file.key for file in files)))}"
        if name not in self._tables(f"landed_{table}_"):
            self._stage(name, table, rows, files)
        return name

    def _stage(
        self, name: str, table: str, rows: Sequence[LandedRow], files: Sequence[DataFile]
    ) -> None:
        """Make a table of what landed; it is good for as long as the same has landed."""
        staged = self._folder / f"{table}.jsonl"
        stage(rows, staged)
        merged = rows_of(self._lake, files, table)
        new = (
            f"{staged_rows(staged, table)} "  # noqa: S608
            f"WHERE fact_id NOT IN (SELECT fact_id FROM ({merged}))"
        )
        self._replace(f"landed_{table}_", name, new)

    def _replace(self, prefix: str, name: str, rows: str) -> None:
        for outdated in self._tables(prefix):
            self._engine.execute(f"DROP TABLE {outdated}")
        self._engine.execute(f"CREATE TEMP TABLE {name} AS {rows}")

    def _tables(self, prefix: str) -> list[str]:
        found = self._engine.execute(
            "SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, ?)", [prefix]
        )
        return [name for (name,) in found.fetchall()]

    def _files(self, table: str, matters: Callable[[DataFile], bool]) -> list[DataFile]:
        return [file for file in self._manifest.files if file.table == table and matters(file)]


def _digest(names: Iterable[str]) -> str:
    digest = blake2b(digest_size=16)
    for name in sorted(names):
        digest.update(f"{name}\n".encode())
    return digest.hexdigest()


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if hasattr(value, "tzinfo") else value
