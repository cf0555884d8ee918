"""Customers as the keys of a moving read: how they are walked, and on whose stream they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.streams import customer_stream
from monolith.customers.queries import known_customer_ids, list_customer_ids
from monolith.strangler.registry import ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Customers among whom those for sample questions are chosen, evenly.
_MOST_CUSTOMERS = 100_000


def keys_after(after: str, limit: int) -> Sequence[str]:
    """List customers' numbers, as text, behind one of them: those without orders, too."""
    return [
        str(customer_id) for customer_id in list_customer_ids(after=int(after or 0), limit=limit)
    ]


def known(keys: Sequence[str]) -> set[str]:
    """Return which of these belong to customers."""
    return {str(found) for found in known_customer_ids(customer_ids=map(int, keys))}


def stream_of_key(key: str) -> str:
    """Name the stream of a customer."""
    return customer_stream(int(key))


def keys_request(after: str | None) -> ServiceRequest:
    """Ask a service of whom it keeps anything."""
    return ServiceRequest(path="/customers", parameters={"after": after} if after else {})


def evenly_spread(keys: int) -> Iterator[int]:
    """Yield every customer's number: so many of them first, evenly spread, and then the others."""
    everybody = list_customer_ids(limit=_MOST_CUSTOMERS)
    step = max(len(everybody) // max(keys, 1), 1)
    for offset in range(step):
        yield from everybody[offset::step]
