"""Who is this customer? The read behind the account page and the staff's page of a customer."""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from django.utils import timezone

from event_contracts.customer_summary import CustomerSummary, CustomerSummaryQuery
from event_contracts.streams import NOBODY, customer_stream
from monolith.ordering.migration_paths.customer_keys import (
    customer_source,
    evenly_spread,
    keys_request,
    nobodys_heartbeat,
    stream_of_key,
)
from monolith.ordering.queries import get_customer_summary, get_orders_snapshot
from monolith.strangler.comparison import differences
from monolith.strangler.registry import MovingRead, ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from event_contracts.ordering import CustomerOrdersSnapshotTaken

CUSTOMER_SUMMARY = "customer_summary"
# The day after the real trade's last invoice. One that never changes, so that whole answers of both
# sides are about the same day at whatever instant each of them is asked.
RECONCILED_ON = date(2011, 12, 10)


def _service_request(query: CustomerSummaryQuery) -> ServiceRequest:
    return ServiceRequest(
        path=f"/customers/{query.customer_id}/summary", parameters={"on": query.on.isoformat()}
    )


def _version_of(summary: CustomerSummary) -> int:
    return summary.as_of


def _stream_of(query: CustomerSummaryQuery) -> str:
    return customer_stream(query.customer_id)


def _subject_of(query: CustomerSummaryQuery) -> str:
    return str(query.customer_id)


def _subjects_in(summary: CustomerSummary) -> tuple[str, ...]:
    return (str(summary.customer_id),)


def _sample_queries(keys: int) -> Iterator[CustomerSummaryQuery]:
    today = timezone.now().date()
    for customer_id in islice(evenly_spread(keys), keys):
        yield CustomerSummaryQuery(customer_id=customer_id, on=today)


def _snapshot(key: str) -> CustomerOrdersSnapshotTaken:
    return get_orders_snapshot(stream_of_key(key))


def _first_query(key: str) -> CustomerSummaryQuery:
    return CustomerSummaryQuery(customer_id=int(key), on=RECONCILED_ON)


def _next_query(_query: CustomerSummaryQuery, _summary: CustomerSummary) -> None:
    return None


def _checksum_request(keys: Sequence[str]) -> ServiceRequest:
    parameters = {"ids": ",".join(keys), "on": RECONCILED_ON.isoformat()}
    return ServiceRequest(path="/customers/checksums", parameters=parameters)


customer_summary = MovingRead(
    name=CUSTOMER_SUMMARY,
    family="orders",
    monolith_answer=get_customer_summary,
    service_request=_service_request,
    answer_class=CustomerSummary,
    version_of=_version_of,
    stream_of=_stream_of,
    subject_of=_subject_of,
    sources=("monolith.ordering.queries.summary", "event_contracts.customer_summary"),
    compare=partial(differences, keys={"favourites": "stock_code"}),
    subjects_in=_subjects_in,
    sample_queries=_sample_queries,
    query_class=CustomerSummaryQuery,
    source=customer_source(snapshot=_snapshot, first_query=_first_query, next_query=_next_query),
    checksum_request=_checksum_request,
    keys_request=keys_request,
    heartbeat=nobodys_heartbeat(CUSTOMER_SUMMARY, key=str(NOBODY), query=_first_query(str(NOBODY))),
)
