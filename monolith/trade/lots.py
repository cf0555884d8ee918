"""Customers of a local shop whose lots lie in every step of the canary, to be watched."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from monolith.customers.queries import list_customer_ids
from monolith.ordering.migration_paths.order_history import order_history
from monolith.ordering.queries import find_busiest_customer_id, list_order_summaries
from monolith.strangler.cohort import bucket_of
from monolith.strangler.ladder import RUNGS

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_CUSTOMERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A customer, and their lot."""

    customer_id: int
    lot: int


def spread_over_lots(*, each_lot: int) -> list[Drawn]:
    """List customers with orders, so many of each step of the canary, the earliest lots first.

    Chosen at random, hardly anybody would be in the first step. Where too few customers have such a
    lot, there are fewer. The busiest has a login already.
    """
    busiest = find_busiest_customer_id()
    everybody = sorted(
        (bucket_of(order_history.family, str(each)), each)
        for each in list_customer_ids(limit=_MOST_CUSTOMERS)
        if each != busiest
    )
    shares = sorted({0, *(rung.dial.canary_bp for rung in RUNGS)})
    return [
        drawn
        for least, most in pairwise(shares)
        for drawn in _first(each_lot, [one for one in everybody if least <= one[0] < most])
    ]


def _first(count: int, candidates: list[tuple[int, int]]) -> Iterator[Drawn]:
    found = 0
    for lot, customer_id in candidates:
        if found == count:
            return
        if list_order_summaries(customer_id=customer_id):
            found += 1
            yield Drawn(customer_id=customer_id, lot=lot)
