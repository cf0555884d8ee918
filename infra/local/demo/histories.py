"""What a page of "my orders" shows, what it has to show, and whether it does.

No code is shared with the monolith's query or the service: a bug of theirs is none of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

PAGE_SIZE = 20
_TRUTH = """
select o.number, o.status,
       (select coalesce(sum(l.quantity), 0) from ordering_orderline l where l.order_id = o.id),
       (select coalesce(sum(l.quantity::bigint * l.unit_price_pence), 0)
        from ordering_orderline l where l.order_id = o.id)
from ordering_order o
where o.customer_id = %s
order by o.placed_at desc, o.number desc
limit %s
"""
_ROW = re.compile(
    r'class="order-number"[^>]*>([^<]+)</a>.*?'
    r'class="pill (\w+)".*?class="number">(\d+)<.*?class="number">£([\d,]+\.\d\d)',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One order of a history."""

    number: str
    status: str
    pieces: int
    total_pence: int


class Complaint(StrEnum):
    """What is wrong with a page that a customer was shown."""

    OLD = "old"  # it lacks what was committed before it was asked for: read-your-writes is broken
    WRONG = "wrong"  # it shows what never was


def rows_on(page: str) -> tuple[Row, ...]:
    """Return the orders that a page shows."""
    return tuple(
        Row(number, status, int(pieces), int(total.replace(",", "").replace(".", "")))
        for number, status, pieces, total in _ROW.findall(page)
    )


def rows_of(customer_id: int, connection: psycopg.Connection) -> tuple[Row, ...]:
    """Return the newest orders of a customer, as they are committed now."""
    found = connection.execute(_TRUTH, (customer_id, PAGE_SIZE)).fetchall()
    return tuple(Row(number, status, int(pieces), int(total))
                 for number, status, pieces, total in found)  # fmt: skip


def complaint_about(
    shown: tuple[Row, ...], before: tuple[Row, ...], after: tuple[Row, ...]
) -> Complaint | None:
    """Say what is wrong with a page, given what was committed before it was asked for, and after.

    Whatever changed in between may be on it or not.
    """
    if shown in (before, after):
        return None
    if _lacks_something(shown, before):
        return Complaint.OLD
    strange = {*shown} - {*before, *after}
    if not strange and before != after:
        return None
    known = {row.number for row in (*before, *after)}
    is_of_earlier = bool(strange) and all(row.number in known for row in strange)
    return Complaint.OLD if is_of_earlier else Complaint.WRONG


def _lacks_something(shown: tuple[Row, ...], before: tuple[Row, ...]) -> bool:
    """Tell whether an order is missing that no newer one has pushed off the page."""
    on_page, expected = [row.number for row in shown], [row.number for row in before]
    newcomers = len(set(on_page) - set(expected))
    is_full = len(shown) >= PAGE_SIZE
    pushed_off = expected[len(expected) - newcomers :] if newcomers and is_full else []
    return not set(expected) - set(on_page) <= set(pushed_off)
