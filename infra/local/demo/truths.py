"""What a customer's pages have to show, by path: what was committed when they were asked for.

Where many streams come together, in a search or a report, no page can be held to an instant: there
comparison and reconciliation judge, and a reader only sees whether it is a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.demo.histories import Complaint, Row, complaint_about, rows_of, rows_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

_COUNTED = "select count(*) from ordering_order where customer_id = %s and status <> 'cancelled'"
_ORDER = re.compile(
    r'<h1>Order <span class="order-number">([^<]+)</span>.*?class="pill (\w+)".*?· (\d+) piece',
    re.DOTALL,
)
_ORDER_COUNT = re.compile(r"<dt>Orders</dt><dd>(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What the database holds of a customer: the newest orders, and how many count."""

    rows: tuple[Row, ...]
    order_count: int


NOTHING = Committed(rows=(), order_count=0)
"""What it holds of somebody who is no customer."""


def committed(customer_id: int, connection: psycopg.Connection) -> Committed:
    """Return what is committed of a customer now."""
    found = connection.execute(_COUNTED, (customer_id,)).fetchone()
    rows = rows_of(customer_id, connection)
    return Committed(rows=rows, order_count=int(found[0]) if found else 0)


def complaint_about_history(page: str, before: Committed, after: Committed) -> Complaint | None:
    """Say what is wrong with a page of "my orders"."""
    return complaint_about(rows_on(page), before.rows, after.rows)


def complaint_about_order(page: str, before: Committed, after: Committed) -> Complaint | None:
    """Say what is wrong with the page of one of the newest orders."""
    shown = _ORDER.search(page)
    if shown is None:
        return Complaint.WRONG
    number, status, pieces = shown[1], shown[2], int(shown[3])
    known = [row for row in (*before.rows, *after.rows) if row.number == number]
    if all(row.pieces != pieces for row in known):
        return Complaint.WRONG
    return None if any(row.status == status for row in known) else Complaint.OLD


def complaint_about_account(page: str, before: Committed, after: Committed) -> Complaint | None:
    """Say what is wrong with the summary on the account's page: how many orders it counts."""
    shown = _ORDER_COUNT.search(page)
    if shown is None:
        return Complaint.WRONG
    counts = sorted((before.order_count, after.order_count))
    if counts[0] <= int(shown[1]) <= counts[1]:
        return None
    return Complaint.OLD if int(shown[1]) < counts[0] else Complaint.WRONG


TRUTHS: Mapping[str, Callable[[str, Committed, Committed], Complaint | None]] = {
    "order_history": complaint_about_history,
    "order_detail": complaint_about_order,
    "customer_summary": complaint_about_account,
}
"""How a page is judged, by path."""
