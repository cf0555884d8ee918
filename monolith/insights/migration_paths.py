"""The staff's reports are a read that moves out: to a service that holds every event.

What tables and events both can tell is asked through the strangler, and compared. A report is about
everybody, so there is no customer whose version it could have: it has the days of which it tells,
and a day that is over never changes. What all streams of orders and of products hold is compared
stream by stream, each at its version.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from event_contracts.sales_insights import (
    ABOUT_STREAMS,
    ALL_TIME,
    FROM_EVENTS_ONLY,
    ROWS,
    Answer,
    Period,
    Report,
    days_since_1970,
    question_about,
)
from event_contracts.streams import NOBODY, PRODUCT, customer_stream, stream_key, stream_kind
from monolith.catalogue.queries import get_product_state
from monolith.insights.queries.answering import answer
from monolith.insights.queries.streams import count_streams, known_streams, list_streams
from monolith.insights.queries.takings import find_days_of_trade
from monolith.ordering.migration_paths.customer_keys import nobodys_heartbeat
from monolith.ordering.queries import get_orders_snapshot
from monolith.strangler import registry
from monolith.strangler.comparison import Difference, differences
from monolith.strangler.registry import (
    MovingRead,
    ServiceRequest,
    SnapshotSource,
    Together,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from event_contracts.catalogue import ProductSnapshotTaken
    from event_contracts.ordering import CustomerOrdersSnapshotTaken

SALES_INSIGHTS = "sales_insights"
BOTH_CAN_TELL = tuple(name for name in ROWS if name not in FROM_EVENTS_ONLY)
# Only reconciliation asks about one stream.
_OF_STREAMS = frozenset(ABOUT_STREAMS.values())
ASKED = tuple(name for name in BOTH_CAN_TELL if name not in _OF_STREAMS)
_NOBODYS_STREAM = customer_stream(NOBODY)
_SAMPLE_DAYS = (1, 7, 28, 90)
# Twice what all questions of a page take of ten million events; beyond that the tables answer.
_REPORT_SECONDS = 6.0


def declare() -> None:
    """Make the moving read known to the strangler; called once the apps are loaded."""
    registry.declare(sales_insights)


def service_request(report: Report) -> ServiceRequest:
    """Return what to ask the service for."""
    about = {"about": report.about} if report.about else {}
    return ServiceRequest(
        path=f"/insights/{','.join(report.questions)}",
        parameters={"first_day": report.first_day, "until_day": report.until_day, **about},
    )


def _compare(monolith: Answer, service: Answer) -> tuple[Difference, ...]:
    # How far the events have come is no part of what they say.
    return differences(_rows(monolith), _rows(service))


def _rows(told: Answer) -> dict[str, Any]:
    return {said.question: list(said.rows) for said in told.said}


def _stream_of(report: Report) -> str | None:
    return report.about if report.questions[0] in _OF_STREAMS else None


def _least_version(report: Report) -> int:
    """Ask a report for all its days; what is asked about a stream has the version of that."""
    return 0 if _stream_of(report) else days_since_1970(report.period.until_day)


def _request_for_all(reports: Sequence[Report]) -> ServiceRequest:
    """Ask several reports about one period at once."""
    first, *_ = reports
    questions = tuple(question for report in reports for question in report.questions)
    return service_request(replace(first, questions=questions))


def _parts(told: Answer) -> list[Answer]:
    return [replace(told, said=(said,)) for said in told.said]


def _all_of(stream: str) -> Report:
    return Report.over(ALL_TIME, question_about(stream), about=stream)


def _snapshot(stream: str) -> ProductSnapshotTaken | CustomerOrdersSnapshotTaken:
    if stream_kind(stream) == PRODUCT:
        return get_product_state(stream_key(stream))
    return get_orders_snapshot(stream)


def _checksum_request(streams: Sequence[str]) -> ServiceRequest:
    return ServiceRequest(path="/streams/checksums", parameters={"ids": ",".join(streams)})


def _keys_request(after: str | None) -> ServiceRequest:
    return ServiceRequest(path="/streams", parameters={"after": after} if after else {})


def _sample_reports(count: int) -> Iterator[Report]:
    """Ask about days with trade: of others both sides say the same, whatever they make of it."""
    today = datetime.now(UTC).date()
    first, over = find_days_of_trade(today, recent_days=max(_SAMPLE_DAYS))
    traded_days = max((over - first).days, 1)
    for number in range(count):
        days = _SAMPLE_DAYS[number % len(_SAMPLE_DAYS)]
        until = over - timedelta(days=number * days % traded_days)
        period = Period(first_day=until - timedelta(days=days), until_day=until)
        yield from (Report.over(period, question) for question in ASKED)


sales_insights = MovingRead(
    name=SALES_INSIGHTS,
    family="insights",
    monolith_answer=answer,
    service_request=service_request,
    answer_class=Answer,
    version_of=lambda told: told.as_of,
    stream_of=_stream_of,
    least_version=_least_version,
    read_at="/ops/insights/",
    timeout_seconds=_REPORT_SECONDS,
    for_staff=True,
    together=Together(request=_request_for_all, parts=_parts),
    sources=tuple(
        f"monolith.insights.queries.{module}"
        for module in (
            "answering", "dispatch", "orders", "price_effects", "prices", "reading", "retention",
            "takings",
        )
    ),
    compare=_compare,
    shape_of=lambda report: report.questions[0],
    shapes=ASKED,
    sample_queries=_sample_reports,
    query_class=Report,
    source=SnapshotSource(
        keys_after=list_streams,
        stream_of=lambda stream: stream,
        snapshot=_snapshot,
        first_query=_all_of,
        next_query=lambda _report, _told: None,
        count=count_streams,
        known=known_streams,
    ),
    checksum_request=_checksum_request,
    keys_request=_keys_request,
    heartbeat=nobodys_heartbeat(
        SALES_INSIGHTS, key=_NOBODYS_STREAM, query=_all_of(_NOBODYS_STREAM)
    ),
)  # fmt: skip
