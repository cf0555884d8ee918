"""A customer's orders: the history, one order, and what they may do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from monolith.ordering import operations
from monolith.ordering.forms import CancelForm, OrdersForm, ReturnForm
from monolith.ordering.migration_paths.order_history import ORDER_HISTORY
from monolith.ordering.views.visitors import customer_id_of, get_own_order, show_own_order
from monolith.strangler import routing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from event_contracts.order_history import OrderHistoryPage
    from monolith.ordering.queries import OrderDetail
    from monolith.ordering.views.visitors import HtmxRequest

# Cursors only lead to older orders, so the address carries the way back; so far and no further.
_LONGEST_WAY_BACK = 100


@login_required
@require_safe
def my_orders(request: HtmxRequest) -> HttpResponse:
    """Show a page of the customer's history, or only the list when HTMX asks for it."""
    customer_id = customer_id_of(request)
    if customer_id is None:
        return redirect("customers:details")
    form = OrdersForm(request.GET)
    history = routing.answer(ORDER_HISTORY, form.query(customer_id)).value
    only_list = request.htmx and not request.htmx.history_restore_request
    template = "ordering/history.html" if only_list else "ordering/my_orders.html"
    context = {"form": form, "history": history, **_links(request.GET, history)}
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def order(request: HttpRequest, order_number: str) -> HttpResponse:
    """Show one order. Strangers are asked to sign in, whether or not it exists."""
    try:
        own = show_own_order(request, order_number)
    except Http404:
        if request.user.is_authenticated:
            raise
        return redirect_to_login(request.get_full_path())
    return _order_page(request, own)


@require_POST
def cancel(request: HttpRequest, order_number: str) -> HttpResponse:
    """Call an order off, if its parcel has not left."""
    own = get_own_order(request, order_number)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _order_page(request, own, cancel_form=form)
    try:
        operations.cancel_order(
            order_number=own.order_number,
            cancelled_at=timezone.now(),
            reason=form.cleaned_data["reason"] or "Cancelled by the customer",
        )
    except operations.OrderAlreadyDispatched:
        messages.error(request, "The parcel has left already. You can send things back instead.")
    except operations.OrderAlreadyCancelled:
        messages.info(request, "The order was cancelled before.")
    else:
        messages.success(request, "The order is cancelled.")
    return redirect("ordering:order", own.order_number)


@require_POST
def return_items(request: HttpRequest, order_number: str) -> HttpResponse:
    """Take things of a dispatched order back."""
    own = get_own_order(request, order_number)
    form = ReturnForm(own, request.POST)
    if form.is_valid() and _return(own, form):
        messages.success(request, "The return is noted, and the money is on its way.")
        return redirect("ordering:order", own.order_number)
    return _order_page(request, own, return_form=form)


def _return(own: OrderDetail, form: ReturnForm) -> bool:
    """Record the return, or say in the form why not."""
    try:
        operations.return_items(
            order_number=own.order_number,
            lines=form.requests(),
            returned_at=timezone.now(),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except operations.EmptyReturn:
        form.add_error(None, "Please say how many pieces of what come back.")
    except operations.OrderNotDispatched:
        form.add_error(None, "This order has not been dispatched, so nothing can come back.")
    except operations.ReturnExceedsOrder as error:
        form.add_error(form.field_of(error.stock_code), _too_many(error.returnable))
    except operations.IdempotencyKeyReused:
        form.add_error(None, "This form was sent before. Please open the order again.")
    return form.is_valid()


def _order_page(
    request: HttpRequest,
    own: OrderDetail,
    *,
    cancel_form: CancelForm | None = None,
    return_form: ReturnForm | None = None,
) -> HttpResponse:
    if return_form is None and own.status == "dispatched":
        return_form = ReturnForm(own)
    context = {
        "order": own,
        "cancel_form": cancel_form or CancelForm(),
        "return_form": return_form if return_form and return_form.is_possible else None,
    }
    return render(request, "ordering/order.html", context)


def _links(asked: QueryDict, history: OrderHistoryPage) -> dict[str, object]:
    """Return the addresses of the neighbouring pages; `newer` holds the cursors passed."""
    passed = asked.getlist("newer")[-_LONGEST_WAY_BACK:]
    here = asked.get("before", "")
    newer = _address(asked, passed[:-1], passed[-1]) if passed else ""
    older = _address(asked, [*passed, here], history.next) if history.next else ""
    filtered = any(asked.get(name) for name in ("status", "placed_from", "placed_until"))
    return {"newer_link": newer, "older_link": older, "filtered": filtered}


def _address(asked: QueryDict, passed: list[str], before: str) -> str:
    address = asked.copy()
    address.setlist("newer", passed)
    address["before"] = before
    return f"?{address.urlencode()}"


def _too_many(returnable: int) -> str:
    return f"{returnable} can still come back." if returnable else "All of it came back before."
