"""Who is asking: a customer, the holder of a basket, a guest who placed an order just now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from monolith.customers.queries import find_customer_for_user
from monolith.ordering.migration_paths.order_detail import ORDER_DETAIL
from monolith.ordering.queries import (
    Delivery,
    OrderDetail,
    OrderNotFound,
    find_customer_basket,
    get_delivery,
    get_order,
    whole_order,
)
from monolith.strangler import routing

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


def show_own_order(request: HttpRequest, order_number: str) -> OrderDetail:
    """Return an order that this visitor may see: their own, or one they placed as a guest.

    Whose it is, the tables say; all else, whoever answers that read at present.

    Raises:
        Http404: there is none, or it is somebody else's; nobody is told which.
    """
    delivery = _own_delivery(request, order_number)
    answered = routing.answer(ORDER_DETAIL, delivery.question)
    try:
        return whole_order(answered.value.order, delivery)
    except OrderNotFound as error:
        raise _not_yours(order_number) from error


def get_own_order(request: HttpRequest, order_number: str) -> OrderDetail:
    """Return an order that this visitor may change, out of the tables: what a command acts on.

    Raises:
        Http404: see `show_own_order`.
    """
    return get_order(_own_delivery(request, order_number).order_number)


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


def _own_delivery(request: HttpRequest, order_number: str) -> Delivery:
    try:
        delivery = get_delivery(order_number)
    except OrderNotFound as error:
        raise _not_yours(order_number) from error
    if not _may_see(request, delivery):
        raise _not_yours(order_number)
    return delivery


def _may_see(request: HttpRequest, order: Delivery) -> bool:
    if order.customer_id is None:
        return order.order_number in request.session.get(_GUEST_ORDERS, [])
    return order.customer_id == customer_id_of(request)


def _not_yours(order_number: str) -> Http404:
    return Http404(f"no order {order_number!r} of yours")
