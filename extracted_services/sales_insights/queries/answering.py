"""Reading a question, looking at what there is, and asking DuckDB."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from event_contracts.plain_values import to_plain
from event_contracts.sales_insights import (
    ROWS,
    Answer,
    Period,
    Question,
    days_since_1970,
    read_day,
)
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import BadParameter, check_names, read
from extracted_services.sales_insights.queries.statements import BEHIND, STATEMENTS, VIEWS
from extracted_services.sales_insights.store import Gone
from extracted_services.sales_insights.view import (
    file_rows,
    newest,
    read_landing,
    stage,
    staged_rows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extracted_services.sales_insights.view import Lake, Manifest, Row

MOST_LANDED = 10_000
"""Landed objects that an answer looks at; more mean that nothing has been merged for long."""
SETTLING = timedelta(minutes=2)
"""So long after midnight a day has everything: an event that waits longer raises an alarm."""
_TRIES = 3
# Whatever may name a product or a stream, but the apostrophe: it goes into a statement.
_ABOUT = re.compile(r"[!-&(-~]{0,128}")


def read_question(name: str, parameters: Mapping[str, str]) -> Question:
    """Read a question from a request: its name and the parameters behind the "?".

    Raises:
        BadParameter: one is missing, unknown (ignoring it would answer another question) or
            unreadable.
    """
    if name not in ROWS:
        raise BadParameter("question", f"expected one of {', '.join(ROWS)}")
    check_names(parameters, {"first_day", "until_day", "about"})
    first_day = read("first_day", parameters.get("first_day", ""), read_day)
    until_day = read("until_day", parameters.get("until_day", ""), read_day)
    try:
        period = Period(first_day=first_day, until_day=until_day)
    except ValueError as error:
        raise BadParameter("until_day", str(error)) from error
    about = read("about", parameters.get("about", ""), _about)
    return Question.over(period, name, about=about)


def answer(question: Question, lake: Lake, engine: Any, *, tries: int = _TRIES) -> Answer:
    """Answer a question from every event that has arrived. `engine` is a DuckDB connection.

    What landed is looked at before the list of files: an event that a merge moves meanwhile is
    seen in both places, and counted once, rather than in none.

    Raises:
        NotComplete: nothing has arrived yet, merging lags far behind, or merges were faster every
            time.
    """
    try:
        keys = lake.list_landed(MOST_LANDED + 1)
        rows = [row for text in lake.read_landed(keys) for row in read_landing(text)]
        manifest, _ = lake.read_manifest()
        recorded_until = newest(manifest, rows)
        if recorded_until is None or len(keys) > MOST_LANDED:
            raise NotComplete("lake", f"{len(keys)} landed objects, {len(manifest.files)} files")
        with TemporaryDirectory(prefix="asking-") as folder:
            _Asking(lake, engine, manifest, rows, Path(folder)).prepare(question)
            found = _run(question, engine)
    except Gone as error:
        if tries == 1:
            raise NotComplete("lake", f"merged while it was read: {error}") from error
        return answer(question, lake, engine, tries=tries - 1)
    return Answer(
        question=question.name,
        as_of=_complete_days(question.period, recorded_until),
        recorded_until=recorded_until,
        rows=tuple(to_plain(row) for row in found),
    )


def written(question: Question) -> str:
    """Write a question's SQL with its values in it, as both engines take it."""
    values = {
        "start": f"TIMESTAMP '{question.period.first_day} 00:00:00'",
        "end": f"TIMESTAMP '{question.period.until_day} 00:00:00'",
        "about": f"'{_about(question.about)}'",
    }
    sql = STATEMENTS[question.name].sql
    return re.sub(r":(start|end|about)\b", lambda found: values[found[1]], sql)


class _Asking:
    """Gives DuckDB the tables of one question: files, and what landed and is in no file."""

    def __init__(
        self, lake: Lake, engine: Any, manifest: Manifest, rows: Sequence[Row], folder: Path
    ) -> None:
        self._lake, self._engine, self._manifest = lake, engine, manifest
        self._rows, self._folder = rows, folder

    def prepare(self, question: Question) -> None:
        reads = STATEMENTS[question.name].reads
        for table in sorted({BEHIND.get(name, name) for name in reads}):
            self._provide(table, question.period.until_day.isoformat())
        for name in sorted(BEHIND.keys() & reads):
            self._engine.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {VIEWS[name]}")

    def _provide(self, table: str, until: str) -> None:
        files = [file for file in self._manifest.files if file.table == table and file.day < until]
        kept = file_rows(self._lake.fetch(files), table)
        landed = self._landed(table, until)
        rows = f"{kept} UNION ALL BY NAME SELECT * FROM {landed}" if landed else kept  # noqa: S608
        self._engine.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS {rows}")

    def _landed(self, table: str, until: str) -> str:
        rows = [row for row in self._rows if row.place.table == table and row.place.day < until]
        if not rows:
            return ""
        staged, name = self._folder / f"{table}.jsonl", f"landed_{table}"
        stage(rows, staged)
        days = {row.place.day for row in rows}
        files = [file for file in self._manifest.files if file.table == table and file.day in days]
        merged = file_rows(self._lake.fetch(files), table)
        self._engine.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS {staged_rows(staged, table)} "  # noqa: S608
            f"WHERE fact_id NOT IN (SELECT fact_id FROM ({merged}))"
        )
        return name


def _run(question: Question, engine: Any) -> list[Any]:
    result = engine.execute(written(question))
    names = [column[0] for column in result.description]
    row_class = ROWS[question.name]
    return [row_class(**_values(names, row)) for row in result.fetchall()]


def _values(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in zip(names, row, strict=True)
    }


def _complete_days(period: Period, recorded_until: datetime) -> int:
    settled = (recorded_until - SETTLING).astimezone(UTC)
    return min(days_since_1970(period.until_day), days_since_1970(settled.date()))


def _about(text: str) -> str:
    if not _ABOUT.fullmatch(text):
        raise ValueError("expected a stock code or a stream")
    return text
