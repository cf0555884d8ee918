"""The check-out: one form, one order, however often it is sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from monolith.customers import queries as customers
from monolith.ordering import operations
from monolith.ordering.forms import CheckOutForm, GuestCheckOutForm
from monolith.ordering.views.baskets import basket_of
from monolith.ordering.views.visitors import (
    basket_token,
    customer_id_of,
    remember_order,
    show_own_order,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from monolith.ordering.models import Order


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_out(request: HttpRequest) -> HttpResponse:
    """Ask where the parcel goes, then place the order."""
    customer_id = customer_id_of(request)
    form = _form(request, customer_id)
    troubles: dict[str, dict[str, object]] = {}
    if request.method == "POST" and form.is_valid():
        order = _place(request, form, customer_id, troubles)
        if order is not None:
            remember_order(request, order)
            return redirect("ordering:placed", order.number)
    return _page(request, form, customer_id, troubles)


@require_safe
def placed(request: HttpRequest, order_number: str) -> HttpResponse:
    """Confirm an order to whoever placed it."""
    return render(request, "ordering/placed.html", {"order": show_own_order(request, order_number)})


def _form(request: HttpRequest, customer_id: int | None) -> CheckOutForm:
    if customer_id is None:
        return GuestCheckOutForm(request.POST or None)
    return CheckOutForm(request.POST or None, initial=_present_address(customer_id))


def _place(
    request: HttpRequest,
    form: CheckOutForm,
    customer_id: int | None,
    troubles: dict[str, dict[str, object]],
) -> Order | None:
    """Place the order, or say in the form, at its line or in a message why not."""
    try:
        return operations.check_out(
            basket_token=basket_token(request),
            customer_id=customer_id,
            delivery=form.delivery(),
            placed_at=timezone.now(),
            idempotency_key=form.cleaned_data["idempotency_key"],
            guest_email=form.cleaned_data.get("guest_email", ""),
        )
    except operations.OutOfStock as error:
        troubles[error.stock_code] = _shortage(error.available)
        form.add_error(None, "We have too little of one thing. It is marked in your basket.")
    except operations.ProductNotFound as error:
        troubles[error.stock_code] = {"message": "We do not sell this any more.", "available": 0}
        form.add_error(None, "One thing is gone for good. It is marked in your basket.")
    except operations.IdempotencyKeyReused:
        form.renew_key()
        form.add_error(
            None, "This form placed an order before. To order again, please press the button again."
        )
    except operations.UnknownCountry:
        form.add_error("country", "We do not deliver to this country.")
    except operations.BasketEmpty:
        messages.error(request, "There is nothing to order.")
    return None


def _page(
    request: HttpRequest,
    form: CheckOutForm,
    customer_id: int | None,
    troubles: dict[str, dict[str, object]],
) -> HttpResponse:
    basket = basket_of(request)
    if not basket.items:
        return redirect("ordering:basket")
    context = {
        "form": form,
        "customer_id": customer_id,
        "basket": basket,
        "lines": [(item, troubles.get(item.stock_code)) for item in basket.items],
    }
    status = HTTPStatus.CONFLICT if troubles else HTTPStatus.OK
    return render(request, "ordering/check_out.html", context, status=status)


def _shortage(available: int) -> dict[str, object]:
    left = f"Only {available} left." if available else "Sold out."
    return {"message": left, "available": available}


def _present_address(customer_id: int) -> dict[str, Any]:
    address = customers.find_default_address(customer_id=customer_id)
    if address is None:
        customer = customers.get_customer(customer_id=customer_id)
        return {"recipient": customer.name, "country": customer.country.name}
    parts = ("recipient", "line1", "line2", "city", "postcode", "country")
    return {part: str(getattr(address, part)) for part in parts}
