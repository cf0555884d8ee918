"""The basket: putting things in, changing how many, looking at it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from monolith.ordering import operations
from monolith.ordering.forms import AddToBasketForm, QuantityForm
from monolith.ordering.queries import BasketView, get_basket
from monolith.ordering.views.visitors import (
    basket_token,
    customer_id_of,
    find_basket_token,
    next_url,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from monolith.ordering.views.visitors import HtmxRequest

_EMPTY = UUID(int=0)


@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """Show what is in the basket."""
    return render(request, "ordering/basket.html", {"basket": basket_of(request)})


@require_POST
def add_to_basket(request: HtmxRequest) -> HttpResponse:
    """Put something into the basket, and stay on the page the visitor is on."""
    form = AddToBasketForm(request.POST)
    if form.is_valid():
        _add(request, form)
    else:
        messages.error(request, "How many? Please give a number of pieces, from 1 on.")
    if request.htmx:
        return render(request, "ordering/basket_added.html")
    return redirect(next_url(request, otherwise=reverse("ordering:basket")))


@require_POST
def set_quantity(request: HtmxRequest, stock_code: str) -> HttpResponse:
    """Change how many pieces the basket holds; 0 takes the product out."""
    form = QuantityForm(request.POST)
    if form.is_valid():
        _set(request, stock_code, form.cleaned_data["quantity"])
    else:
        messages.error(request, "How many? Please give a number of pieces; 0 takes it out.")
    if request.htmx:
        return render(request, "ordering/basket_changed.html", {"basket": basket_of(request)})
    return redirect(next_url(request, otherwise=reverse("ordering:basket")))


def basket_of(request: HttpRequest) -> BasketView:
    """Return this visitor's basket; looking makes no session for those who have none."""
    token = find_basket_token(request)
    return get_basket(token) if token else BasketView(token=_EMPTY, items=())


def _add(request: HttpRequest, form: AddToBasketForm) -> None:
    try:
        operations.add_to_basket(
            basket_token=basket_token(request),
            customer_id=customer_id_of(request),
            stock_code=form.cleaned_data["stock_code"],
            quantity=form.cleaned_data["quantity"],
            added_at=timezone.now(),
        )
    except operations.ProductNotFound:
        messages.error(request, "We do not sell this any more.")
    except operations.InvalidQuantity:
        messages.error(request, "That is more than a basket holds.")
    else:
        messages.success(request, "It is in your basket.")


def _set(request: HttpRequest, stock_code: str, quantity: int) -> None:
    try:
        operations.set_basket_quantity(
            basket_token=basket_token(request),
            stock_code=stock_code,
            quantity=quantity,
            changed_at=timezone.now(),
        )
    except operations.ProductNotInBasket:
        messages.error(request, "This is not in your basket any more.")
    except operations.InvalidQuantity:
        messages.error(request, "That is more than a basket holds.")
