"""Who reads each path, and what they open. A path that is declared later gets its line here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from benchmarks.concerns.clients import Crowd, Visit
from monolith.customers.queries import get_customer
from monolith.ordering.queries import list_order_summaries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Visitors = Sequence[tuple[int, str]]
    """Who reads: each customer's number, and the cookie that signs them in."""

_ORDERS_EACH = 5
_WORDS = ("heart", "christmas tree", "metal signs", "vintage", "bag", "lunch box", "candel", "cake")


def crowds(customer_ids: Sequence[int], paths: Sequence[str]) -> list[Crowd]:
    """Let these customers, and staff, read these paths; those without a page here are left out."""
    customers = [(customer_id, _session(customer_id)) for customer_id in customer_ids]
    return [
        Crowd(path=path, pages_per_second=rate, visits=visits(customers))
        for path, (rate, visits) in _CROWDS.items()
        if path in paths
    ]


def _histories(visitors: Visitors) -> list[Visit]:
    return [Visit(address="/orders/", cookie=cookie) for _, cookie in visitors]


def _orders(visitors: Visitors) -> list[Visit]:
    return [
        Visit(address=f"/orders/{order.order_number}/", cookie=cookie)
        for customer_id, cookie in visitors
        for order in list_order_summaries(customer_id=customer_id)[:_ORDERS_EACH]
    ]


def _accounts(visitors: Visitors) -> list[Visit]:
    return [Visit(address="/account/", cookie=cookie) for _, cookie in visitors]


def _searches(_: Visitors) -> list[Visit]:
    return [Visit(address=f"/?{urlencode({'q': words})}") for words in _WORDS]


def _reports(_: Visitors) -> list[Visit]:
    return [Visit(address="/ops/insights/", cookie=_cookie_of(_somebody_of_the_staff()))]


_CROWDS: dict[str, tuple[float, Callable[[Visitors], list[Visit]]]] = {
    "order_history": (3.0, _histories),
    "order_detail": (3.0, _orders),
    "customer_summary": (2.0, _accounts),
    "catalogue_search": (2.0, _searches),
    "sales_insights": (0.3, _reports),
}


def _session(customer_id: int) -> str:
    user = get_customer(customer_id=customer_id).user
    assert user is not None  # noqa: S101 - these have logins
    return _cookie_of(user)


def _somebody_of_the_staff() -> object:
    return get_user_model().objects.filter(is_staff=True, is_superuser=True).first()


def _cookie_of(user: object) -> str:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
