"""Where people meet each read that moves: who opens which page. A later path gets its line here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WORDS = ("heart", "christmas tree", "metal signs", "vintage", "bag", "lunch box", "candel", "cake")


class Visitor(StrEnum):
    """As whom somebody has to be signed in."""

    STRANGER = "stranger"
    CUSTOMER = "customer"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages of one path. `addresses` lists them, given the numbers of the visitor's orders."""

    title: str
    visitor: Visitor
    addresses: Callable[[Sequence[str]], Sequence[str]]


def _orders(numbers: Sequence[str]) -> list[str]:
    return [f"/orders/{number}/" for number in numbers]


def _searches(_: Sequence[str]) -> list[str]:
    return [f"/?{urlencode({'q': words})}" for words in _WORDS]


PAGES = {
    "order_history": Pages(
        title="my orders", visitor=Visitor.CUSTOMER, addresses=lambda _: ["/orders/"]
    ),
    "order_detail": Pages(title="one order", visitor=Visitor.CUSTOMER, addresses=_orders),
    "customer_summary": Pages(
        title="the account", visitor=Visitor.CUSTOMER, addresses=lambda _: ["/account/"]
    ),
    "catalogue_search": Pages(title="the search", visitor=Visitor.STRANGER, addresses=_searches),
    "sales_insights": Pages(
        title="the insights", visitor=Visitor.STAFF, addresses=lambda _: ["/ops/insights/"]
    ),
}
"""The pages by the names of the paths that they are read through."""
