"""Reading a question, and asking DuckDB."""

from __future__ import annotations

from datetime import UTC, timedelta
from functools import partial
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
    is_of_stream = name in STREAM_STATEMENTS
    read_about = partial(streams.read_stream_of, name) if is_of_stream else name_in_sql
    about = read("about", parameters.get("about", ""), read_about)
    return Question.over(period, name, about=about)


def answer(
    question: Question, lake: Lake, engine: Any, remembered: Remembered | None = None
) -> Answer:
    """Answer a question from every event that has arrived. `engine` is a DuckDB connection.

    What is `remembered` is not looked for again.

    Raises:
        NotComplete: see `looking.look`, and `streams.answer` about a stream.
    """
    if question.name in STREAM_STATEMENTS:
        return streams.answer(question, lake, engine)
    statement, period = STATEMENTS[question.name], question.period
    known = remembered or Remembered()

    def ask(seen: Look) -> Answer:
        fingerprint = seen.fingerprint(statement.reads, period.until_day)
        return Answer(
            question=question.name,
            as_of=_complete_days(period, seen.recorded_until),
            recorded_until=seen.recorded_until,
            rows=known.rows(question, fingerprint, lambda: _find(question, seen)),
        )

    return look(lake, engine, ask)


def _find(question: Question, seen: Look) -> tuple[Any, ...]:
    statement, row_class = STATEMENTS[question.name], ROWS[question.name]
    seen.provide(statement.reads, question.period.until_day)
    found = seen.rows(written(statement.sql, question.period, about=question.about))
    return tuple(to_plain(row_class(**row)) for row in found)


def _complete_days(period: Period, recorded_until: datetime) -> int:
    settled = (recorded_until - SETTLING).astimezone(UTC)
    return min(days_since_1970(period.until_day), days_since_1970(settled.date()))
