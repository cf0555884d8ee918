"""Customers as the keys of a moving read: how they are walked, and on whose stream they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NOBODY, customer_stream
from monolith.customers.queries import count_customers, known_customer_ids, list_customer_ids
from monolith.strangler.registry import HeartbeatSource, ServiceRequest, SnapshotSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

Query = TypeVar("Query")
Answer = TypeVar("Answer")

# Customers among whom those for sample questions are chosen, evenly.
_MOST_CUSTOMERS = 100_000


def customer_source(
    *,
    snapshot: Callable[[str], object],
    first_query: Callable[[str], Query],
    next_query: Callable[[Query, Answer], Query | None],
) -> SnapshotSource[Query, Answer]:
    """Walk over every customer, those without orders, too; the functions are as the source's."""
    return SnapshotSource(
        keys_after=_keys_after,
        stream_of=stream_of_key,
        snapshot=snapshot,
        first_query=first_query,
        next_query=next_query,
        count=count_customers,
        known=_known,
    )


def _keys_after(after: str, limit: int) -> Sequence[str]:
    return [
        str(customer_id) for customer_id in list_customer_ids(after=int(after or 0), limit=limit)
    ]


def _known(keys: Sequence[str]) -> set[str]:
    return {str(found) for found in known_customer_ids(customer_ids=map(int, keys))}


def stream_of_key(key: str) -> str:
    """Name the stream of a customer."""
    return customer_stream(int(key))


def nobodys_heartbeat(path: str, *, key: str, query: Query) -> HeartbeatSource[Query]:
    """Send a path's signs of life on the stream of nobody, which `key` and `query` stand for."""

    def heartbeat(sent_at: datetime) -> HeartbeatSent:
        return HeartbeatSent(path=path, sent_at=sent_at)

    return HeartbeatSource(key=key, stream=customer_stream(NOBODY), event=heartbeat, query=query)


def keys_request(after: str | None) -> ServiceRequest:
    """Ask a service of whom it keeps anything."""
    return ServiceRequest(path="/customers", parameters={"after": after} if after else {})


def evenly_spread(keys: int) -> Iterator[int]:
    """Yield every customer's number: so many of them first, evenly spread, and then the others."""
    everybody = list_customer_ids(limit=_MOST_CUSTOMERS)
    step = max(len(everybody) // max(keys, 1), 1)
    for offset in range(step):
        yield from everybody[offset::step]
