"""Readers of a local shop whose lots lie in every step of the canary, to be watched."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.signing import get_cookie_signer

from monolith.customers.queries import list_customer_ids
from monolith.ordering.queries import find_busiest_customer_id, list_order_summaries
from monolith.strangler.deciding.cohort import bucket_of
from monolith.strangler.deciding.ladder import RUNGS
from monolith.strangler.routing.request_reads import VISITOR_COOKIE, visitor_called

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monolith.strangler.registry import MovingRead

_MOST_CUSTOMERS = 100_000
_MOST_STRANGERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A reader, and their lot: a customer, or a stranger by the cookie that they come back with."""

    lot: int
    customer_id: int | None = None
    visitor: str = ""


def spread_over_lots(path: MovingRead[Any, Any], *, each_lot: int) -> list[Drawn]:
    """List readers of a path, so many of each step of the canary, the earliest lots first.

    Chosen at random, hardly anybody would be in the first step. They are customers with orders
    where the path is about customers, else strangers. Where too few customers have such a
    lot, there are fewer. The busiest has a login already.
    """
    if not each_lot:
        return []
    candidates = list(_customers(path) if path.is_about_somebody else _strangers(path))
    shares = sorted({0, *(rung.dial.canary_bp for rung in RUNGS)})
    return [
        drawn
        for least, most in pairwise(shares)
        for drawn in _first(each_lot, (one for one in candidates if least <= one.lot < most))
    ]


def _customers(path: MovingRead[Any, Any]) -> list[Drawn]:
    busiest = find_busiest_customer_id()
    everybody = (
        Drawn(lot=bucket_of(path.family, str(each)), customer_id=each)
        for each in list_customer_ids(limit=_MOST_CUSTOMERS)
        if each != busiest
    )
    return sorted(everybody, key=lambda drawn: drawn.lot)


def _strangers(path: MovingRead[Any, Any]) -> Iterator[Drawn]:
    signer = get_cookie_signer(salt=VISITOR_COOKIE)
    for _ in range(_MOST_STRANGERS):
        name = uuid4().hex
        lot = bucket_of(path.family, visitor_called(name))
        yield Drawn(lot=lot, visitor=signer.sign(name))


def _first(count: int, candidates: Iterable[Drawn]) -> Iterator[Drawn]:
    found = 0
    for drawn in candidates:
        if found == count:
            return
        if drawn.customer_id is None or list_order_summaries(customer_id=drawn.customer_id):
            found += 1
            yield drawn
