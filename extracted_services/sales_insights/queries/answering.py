"""Reading a report, and asking DuckDB."""

from __future__ import annotations

from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from event_contracts.plain_values import to_plain
from event_contracts.sales_insights import (
    ROWS,
    Answer,
    Period,
    Report,
    Said,
    days_since_1970,
    read_day,
)
from extracted_services.read_models.parameters import BadParameter, check_names, read
from extracted_services.sales_insights.queries import streams
from extracted_services.sales_insights.queries.looking import look
from extracted_services.sales_insights.queries.remembering import Remembered
from extracted_services.sales_insights.queries.statements import STATEMENTS
from extracted_services.sales_insights.queries.stream_statements import STREAM_STATEMENTS
from extracted_services.sales_insights.queries.writing import name_in_sql, written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from extracted_services.sales_insights.queries.looking import Look
    from extracted_services.sales_insights.view import Lake

SETTLING = timedelta(minutes=2)
"""So long after midnight a day has everything: an event that waits longer raises an alarm."""


def read_report(questions: str, parameters: Mapping[str, str]) -> Report:
    """Read a report from a request: its questions, by commas, and the parameters behind the "?".

    Raises:
        BadParameter: one is missing, unknown (ignoring it would answer another question) or
            unreadable.
    """
    names = _read_questions(questions)
    check_names(parameters, {"first_day", "until_day", "about"})
    first_day = read("first_day", parameters.get("first_day", ""), read_day)
    until_day = read("until_day", parameters.get("until_day", ""), read_day)
    try:
        period = Period(first_day=first_day, until_day=until_day)
    except ValueError as error:
        raise BadParameter("until_day", str(error)) from error
    is_of_stream = names[0] in STREAM_STATEMENTS
    read_about = partial(streams.read_stream_of, names[0]) if is_of_stream else name_in_sql
    about = read("about", parameters.get("about", ""), read_about)
    return Report.over(period, *names, about=about)


def _read_questions(text: str) -> list[str]:
    names = text.split(",")
    if not {*names} <= ROWS.keys() or len({*names}) < len(names):
        raise BadParameter("questions", f"expected some of {', '.join(ROWS)}, each once")
    of_streams = STREAM_STATEMENTS.keys() & names
    if of_streams and len(names) > 1:
        raise BadParameter("questions", f"{', '.join(sorted(of_streams))}: to be asked alone")
    return names


def answer(report: Report, lake: Lake, engine: Any, remembered: Remembered | None = None) -> Answer:
    """Answer a report from every event that has arrived, seen at one moment.

    `engine` is a DuckDB connection. What is `remembered` is not looked for again.

    Raises:
        NotComplete: see `looking.look`, and `streams.answer` about a stream.
    """
    if report.questions[0] in STREAM_STATEMENTS:
        return streams.answer(report, lake, engine)
    known = remembered or Remembered()

    def ask(seen: Look) -> Answer:
        return Answer(
            as_of=_complete_days(report.period, seen.recorded_until),
            recorded_until=seen.recorded_until,
            said=tuple(_say(question, report, seen, known) for question in report.questions),
        )

    return look(lake, engine, ask)


def _say(question: str, report: Report, seen: Look, known: Remembered) -> Said:
    asked = (question, report.first_day, report.until_day, report.about)
    fingerprint = seen.fingerprint(STATEMENTS[question].reads, report.period.until_day)
    rows = known.rows(asked, fingerprint, lambda: _find(question, report, seen))
    return Said(question=question, rows=rows)


def _find(question: str, report: Report, seen: Look) -> tuple[Any, ...]:
    statement, row_class = STATEMENTS[question], ROWS[question]
    seen.provide(statement.reads, report.period.until_day)
    found = seen.rows(written(statement.sql, report.period, about=report.about))
    return tuple(to_plain(row_class(**row)) for row in found)


def _complete_days(period: Period, recorded_until: datetime) -> int:
    settled = (recorded_until - SETTLING).astimezone(UTC)
    return min(days_since_1970(period.until_day), days_since_1970(settled.date()))
