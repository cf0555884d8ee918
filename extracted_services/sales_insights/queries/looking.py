"""Looking at all that has arrived: what is in files, and what has landed and is in none."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC
from functools import cached_property
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

    from extracted_services.sales_insights.view import (
        DataFile,
        Lake,
        LandedRow,
        Survey,
        Whole,
    )

MOST_LANDED = 10_000
"""Landed objects that an answer looks at; more mean that nothing has been merged for long."""
TRIES = 3
_FOR_EVER = "9999-12-31"

T = TypeVar("T")


def look(lake: Lake, engine: Any, ask: Callable[[Look], T], *, tries: int = TRIES) -> T:
    """Look at all that has arrived, and return what `ask` makes of it.

    `engine` is a DuckDB connection.

    Raises:
        NotComplete: nothing has arrived yet, merging lags far behind, or merges were faster every
            time. What `ask` raises is raised, too.
    """
    try:
        survey = lake.survey(MOST_LANDED + 1, anew=tries < TRIES)
        recorded_until = newest(survey.manifest, survey.landed)
        if recorded_until is None or len(survey.landed) > MOST_LANDED:
            there = f"{len(survey.landed)} landed objects, {len(survey.manifest.files)} files"
            raise NotComplete("lake", there)
        with TemporaryDirectory(prefix="asking-") as folder:
            return ask(Look(lake, engine, survey, recorded_until, Path(folder)))
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
        survey: Survey,
        recorded_until: datetime,
        folder: Path,
    ) -> None:
        self.recorded_until = recorded_until
        self._lake, self._engine, self._folder = lake, engine, folder
        self._manifest, self._landed = survey.manifest, survey.landed

    @property
    def heard(self) -> int:
        """The version that the stream of heartbeats has come to."""
        return heard(self._manifest, self._landed)

    def provide(self, reads: Collection[str], until_day: date) -> None:
        """Give DuckDB these tables and views: what occurred before a day, or was stated of it."""
        for table in _tables_behind(reads):
            self._provide(table, _until(table, until_day))
        for name in sorted(BEHIND.keys() & reads):
            self._engine.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {VIEWS[name]}")

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Run a statement over what was provided; every instant is of UTC."""
        result = self._engine.execute(statement)
        names = [column[0] for column in result.description]
        return [dict(zip(names, map(_utc, row), strict=True)) for row in result.fetchall()]

    def fingerprint(self, reads: Collection[str], until_day: date) -> str:
        """Sum up what `provide` would give: from the same, whatever is asked has the same answer.

        Merging alone changes it, too, as new names of files: rarely, of days that are over.
        """
        digest = blake2b(digest_size=16)
        for table in _tables_behind(reads):
            until = _until(table, until_day)
            files = [file.key for file in self._manifest.of_table(table) if file.day < until]
            landed = [fact for fact, row in self._landed_of(table).items() if row.place.day < until]
            digest.update(json.dumps([table, files, sorted(landed)]).encode())
        return digest.hexdigest()

    def _provide(self, table: str, until: str) -> None:
        kept = self._kept(table, until)
        landed = self._landed_rows(table, until)
        rows = f"{kept} UNION ALL BY NAME {landed}" if landed else kept
        self._engine.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS {rows}")

    def _kept(self, table: str, until: str) -> str:
        """Select the rows in files: of a small table out of memory, where one file brings it."""
        whole = self._manifest.whole(table)
        if whole is None:
            files = self._manifest.of_table(table)
            return rows_of(self._lake, [file for file in files if file.day < until], table)
        return _before(until, self._held(whole))

    def _held(self, whole: Whole) -> str:
        name = f"held_{whole.table}_{_digest([whole])}"
        if not self._has(name):
            rows = rows_of(self._lake, [whole], whole.table)
            self._replace(f"held_{whole.table}_", name, rows)
        return name

    def _landed_rows(self, table: str, until: str) -> str:
        """Select what landed, in a table to which only what is new is added.

        Nothing leaves that table but by a merge, after which there are other files, and another
        table; if something has left it otherwise, it is made anew.
        """
        landed = self._landed_of(table)
        if not landed:
            return ""
        name = f"landed_{table}_{_digest(self._manifest.of_table(table))}"
        staged = self._staged_in(name)
        if staged - landed.keys():
            self._engine.execute(f"DROP TABLE {name}")
            staged = set()
        self._stage(name, table, [row for fact, row in landed.items() if fact not in staged])
        return _before(until, name)

    def _landed_of(self, table: str) -> dict[str, LandedRow]:
        return self._landed_by_table.get(table, {})

    @cached_property
    def _landed_by_table(self) -> dict[str, dict[str, LandedRow]]:
        found: defaultdict[str, dict[str, LandedRow]] = defaultdict(dict)
        for landing in self._landed:
            for row in landing.rows:
                found[row.place.table][row.fact_id] = row
        return found

    def _staged_in(self, name: str) -> set[str]:
        if not self._has(name):
            return set()
        found = self._engine.execute(f"SELECT fact_id FROM {name}")  # noqa: S608
        return {fact for (fact,) in found.fetchall()}

    def _stage(self, name: str, table: str, rows: Sequence[LandedRow]) -> None:
        """Add rows to a table of what landed, but for those that are in files by now."""
        if not rows:
            return
        merged = self._kept_of_days(table, {row.place.day for row in rows})
        staged = self._folder / f"{table}.jsonl"
        stage(rows, staged)
        new = (
            f"{staged_rows(staged, table)} "  # noqa: S608
            f"WHERE fact_id NOT IN (SELECT fact_id FROM ({merged}))"
        )
        if self._has(name):
            self._engine.execute(f"INSERT INTO {name} BY NAME {new}")
        else:
            self._replace(f"landed_{table}_", name, new)

    def _kept_of_days(self, table: str, days: Collection[str]) -> str:
        if self._manifest.whole(table) is not None:
            return self._kept(table, _FOR_EVER)
        files = [file for file in self._manifest.of_table(table) if file.day in days]
        return rows_of(self._lake, files, table)

    def _replace(self, prefix: str, name: str, rows: str) -> None:
        for outdated in self._tables(prefix):
            self._engine.execute(f"DROP TABLE {outdated}")
        self._engine.execute(f"CREATE TEMP TABLE {name} AS {rows}")

    def _has(self, name: str) -> bool:
        return name in self._tables(name)

    def _tables(self, prefix: str) -> list[str]:
        found = self._engine.execute(
            "SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, ?)", [prefix]
        )
        return [name for (name,) in found.fetchall()]


def _tables_behind(reads: Collection[str]) -> list[str]:
    return sorted({table for name in reads for table in BEHIND.get(name, (name,))})


def _until(table: str, until_day: date) -> str:
    return _FOR_EVER if table == STATED else until_day.isoformat()


def _before(until: str, name: str) -> str:
    return f"SELECT * FROM {name} WHERE occurred_at < TIMESTAMP '{until}'"  # noqa: S608


def _digest(files: Iterable[DataFile | Whole]) -> str:
    digest = blake2b(digest_size=16)
    for file in files:
        digest.update(f"{file.key}\n".encode())
    return digest.hexdigest()


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if hasattr(value, "tzinfo") else value
