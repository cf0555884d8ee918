"""How often each path is read by whom. What they open is the same as in the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from benchmarks.concerns.clients import Crowd, Visit
from infra.local.visits import PAGES, Pages, Visitor
from monolith.customers.queries import get_customer
from monolith.ordering.queries import list_order_summaries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REPORTS = "sales_insights"
_ORDERS_EACH = 5
# Reports are what brings the monolith to its limit, as they do in shops; how many that takes is
# measured before (`stages.to_the_limit`). The emulated AWS, which shares a core with all services,
# would be what is measured long before customers' reads did that.
_PAGES_PER_SECOND = {
    "order_history": 1.0,
    "order_detail": 1.0,
    "customer_summary": 0.5,
    "catalogue_search": 0.5,
    REPORTS: 1.0,  # until it is measured
}
_CLIENTS, _EACH = {REPORTS: 6}, 4


def crowds(customer_ids: Sequence[int], paths: Sequence[str]) -> list[Crowd]:
    """Let these customers, and staff, read these paths; those without a page here are left out."""
    return [
        Crowd(
            path=path,
            pages_per_second=rate,
            visits=list(_visits(PAGES[path], customer_ids)),
            clients=_CLIENTS.get(path, _EACH),
        )
        for path, rate in _PAGES_PER_SECOND.items()
        if path in paths
    ]


def _visits(pages: Pages, customer_ids: Sequence[int]) -> Iterator[Visit]:
    for cookie, order_numbers in _visitors(pages.visitor, customer_ids):
        for address in pages.addresses(order_numbers):
            yield Visit(address=address, cookie=cookie)


def _visitors(visitor: Visitor, customer_ids: Sequence[int]) -> Iterator[tuple[str, list[str]]]:
    """Yield the cookie that signs somebody in, and the numbers of their orders."""
    if visitor is Visitor.STRANGER:
        yield "", []
    elif visitor is Visitor.STAFF:
        yield _cookie_of(_somebody_of_the_staff()), []
    else:
        for customer_id in customer_ids:
            orders = list_order_summaries(customer_id=customer_id)[:_ORDERS_EACH]
            yield _session(customer_id), [order.order_number for order in orders]


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
