"""Whom a question is put to, and what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from event_contracts.plain_values import from_plain
from event_contracts.sales_insights import ROWS, Answer, Report
from monolith.insights.migration_paths import SALES_INSIGHTS, service_request
from monolith.staff.wording import moment
from monolith.strangler import routing
from monolith.strangler.calling import clients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from event_contracts.sales_insights import Period

logger = structlog.get_logger(__name__)

_SECONDS = 2.0
FROM_TABLES = "from the tables"
_SOURCES = {"service": "from events", "monolith": FROM_TABLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The rows of an answer, and in words where they are from."""

    rows: list[Any]
    source: str


def ask(period: Period, questions: Sequence[str]) -> dict[str, Told]:
    """Ask whoever answers the read just now; return what is told, by question."""
    reports = [Report.over(period, question) for question in questions]
    told: dict[str, Told] = {}
    for answered in routing.answer_together(SALES_INSIGHTS, reports):
        told |= _told(answered.value, _SOURCES[answered.source])
    return told


def ask_events(report: Report) -> dict[str, Told] | None:
    """Ask the service, which alone can tell; None if it cannot just now."""
    client = clients.client_for(SALES_INSIGHTS)
    if client is None:
        return None
    request = service_request(report)
    deadline = time.monotonic() + _SECONDS
    try:
        answer = client.get(
            request.path, request.parameters, answer_class=Answer, deadline=deadline
        )
    except clients.ServiceError as error:
        logger.warning("events not asked", questions=report.questions, error=str(error))
        return None
    return _told(answer, _until(answer))


def _told(answer: Answer, source: str) -> dict[str, Told]:
    return {
        said.question: Told(
            rows=[from_plain(ROWS[said.question], row) for row in said.rows], source=source
        )
        for said in answer.said
    }


def _until(answer: Answer) -> str:
    if answer.recorded_until is None:
        return _SOURCES["service"]
    return f"from events, recorded until {moment(answer.recorded_until)}"
