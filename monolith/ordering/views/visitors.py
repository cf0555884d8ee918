"""Who is asking: a customer, the holder of a basket, a guest who placed an order just now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from monolith.customers.queries import find_customer_for_user
from monolith.ordering.queries import (
    OrderDetail,
    OrderNotFound,
    find_customer_basket,
    get_order,
)

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from monolith.ordering.models import Order

# The session outlives signing in and ends with signing out, and so does what it holds.
_BASKET = "basket_token"
_GUEST_ORDERS = "guest_orders"
_HAS_LOOKED = "has_looked_for_basket"


class HtmxRequest(HttpRequest):
    """A request as django-htmx's middleware leaves it."""

    htmx: HtmxDetails


def find_basket_token(request: HttpRequest) -> UUID | None:
    """Return the token of this visitor's basket, None if they never put anything into one.

    Whoever signs in on another device finds there what they began to choose.
    """
    if _BASKET not in request.session and request.user.is_authenticated:
        _look_for_basket(request)
    text = request.session.get(_BASKET)
    return UUID(text) if text else None


def basket_token(request: HttpRequest) -> UUID:
    """Return the token of this visitor's basket, a new one if they had none."""
    token = find_basket_token(request)
    if token is None:
        token = uuid4()
        request.session[_BASKET] = str(token)
    return token


def customer_id_of(request: HttpRequest) -> int | None:
    """Return the number of the customer who signed in; strangers and staff have none."""
    customer = find_customer_for_user(request.user)
    return customer.pk if customer else None


def remember_order(request: HttpRequest, order: Order) -> None:
    """Let this session see the order it just placed, also when nobody signed in for it."""
    numbers = request.session.get(_GUEST_ORDERS, [])
    if order.customer_id is None and order.number not in numbers:
        request.session[_GUEST_ORDERS] = [*numbers, order.number]


def get_own_order(request: HttpRequest, order_number: str) -> OrderDetail:
    """Return an order that this visitor may see: their own, or one they placed as a guest.

    Raises:
        Http404: there is none, or it is somebody else's; nobody is told which.
    """
    try:
        order = get_order(order_number)
    except OrderNotFound as error:
        raise Http404(f"no order {order_number!r} of yours") from error
    if not _may_see(request, order):
        raise Http404(f"no order {order_number!r} of yours")
    return order


def next_url(request: HttpRequest, otherwise: str) -> str:
    """Return where a form says to go on, if that is within this shop."""
    url = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if own else otherwise


def _look_for_basket(request: HttpRequest) -> None:
    """Look once per session: most pages show how much is in the basket."""
    customer_id = None if _HAS_LOOKED in request.session else customer_id_of(request)
    request.session.setdefault(_HAS_LOOKED, True)
    token = find_customer_basket(customer_id) if customer_id else None
    if token is not None:
        request.session[_BASKET] = str(token)


def _may_see(request: HttpRequest, order: OrderDetail) -> bool:
    if order.customer_id is None:
        return order.order_number in request.session.get(_GUEST_ORDERS, [])
    return order.customer_id == customer_id_of(request)
