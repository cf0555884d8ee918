"""What staff do with orders, one or several: every button runs an operation, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.shortcuts import redirect
from django.utils import timezone
from unfold.decorators import action

from event_contracts.order_history import CANCELLED, DISPATCHED, PLACED
from monolith.ordering import operations
from monolith.ordering.admin.commands import REFUSALS, Outcome, run_each
from monolith.ordering.admin.forms import DispatchForm, ReasonForm, StaffReturnForm
from monolith.ordering.queries import get_order
from monolith.staff.operated import OperatedAdmin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from unfold.dataclasses import UnfoldAction

    from monolith.ordering.models import Order

# What one may do with an order of each status.
_POSSIBLE: dict[str, set[str]] = {
    PLACED: {"dispatch", "cancel"},
    DISPATCHED: {"take_back"},
    CANCELLED: set(),
}


class OrderHandling(OperatedAdmin):
    """Dispatching, cancelling and taking back, from the list and from one order's page."""

    actions = ("dispatch_selected", "cancel_selected")
    actions_detail = ("dispatch", "cancel", "take_back")

    @admin.action(description="Dispatch selected orders", permissions=["operate"])
    def dispatch_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        """Send the parcels."""
        self._dispatch(request, orders)

    @admin.action(description="Cancel selected orders", permissions=["operate"])
    def cancel_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        """Call orders off, after asking why."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            self._cancel(request, orders, form.cleaned_data["reason"])
            return None
        chosen = [(ACTION_CHECKBOX_NAME, order.pk) for order in orders]
        return self.ask(
            request,
            form,
            title="Cancel the selected orders",
            about=", ".join(order.number for order in orders),
            button="Cancel the orders",
            carried=[("action", "cancel_selected"), *chosen],
        )

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        """Offer what the status of the order allows."""
        order: Order | None = self.get_object(request, str(object_id))
        possible = _POSSIBLE[order.status] if order else set()
        offered: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.path in possible]

    @action(  # type: ignore[untyped-decorator]
        description="Dispatch", icon="local_shipping", url_path="dispatch", permissions=["operate"]
    )
    def dispatch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the parcel, after one more click."""
        order = self.get_row(request, object_id)
        if request.method == "POST":
            self._dispatch(request, [order])
            return redirect(self.page_of(order))
        about = f"The parcel to {order.recipient or order} leaves now. This cannot be undone."
        title = f"Dispatch {order}"
        return self.ask(
            request, DispatchForm(), title=title, button="Dispatch", row=order, about=about
        )

    @action(description="Cancel", icon="cancel", url_path="cancel", permissions=["operate"])  # type: ignore[untyped-decorator]
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Call the order off, after asking why."""
        order, form = self.get_row(request, object_id), ReasonForm(request.POST or None)
        if form.is_valid():
            self._cancel(request, [order], form.cleaned_data["reason"])
            return redirect(self.page_of(order))
        return self.ask(
            request, form, title=f"Cancel {order}", button="Cancel the order", row=order
        )

    @action(  # type: ignore[untyped-decorator]
        description="Take goods back",
        icon="assignment_return",
        url_path="take_back",
        permissions=["operate"],
    )
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note what a customer sent back, and what they are paid for it."""
        order = self.get_row(request, object_id)
        form = StaffReturnForm(get_order(order.number), request.POST or None)
        if form.is_valid() and _take_back(order, form):
            messages.success(request, f"Goods of {order} came back; the credit note is issued.")
            self.log_change(request, order, "goods came back")
            return redirect(self.page_of(order))
        about = "How many pieces of each line came back?"
        title = f"Take back goods of {order}"
        return self.ask(request, form, title=title, button="Take back", row=order, about=about)

    def _dispatch(self, request: HttpRequest, orders: Iterable[Order]) -> None:
        outcome = run_each(
            orders,
            lambda number: operations.dispatch_order(
                order_number=number, dispatched_at=timezone.now()
            ),
        )
        self._tell(request, outcome, "dispatched")

    def _cancel(self, request: HttpRequest, orders: Iterable[Order], reason: str) -> None:
        outcome = run_each(
            orders,
            lambda number: operations.cancel_order(
                order_number=number, cancelled_at=timezone.now(), reason=reason
            ),
        )
        self._tell(request, outcome, "cancelled")

    def _tell(self, request: HttpRequest, outcome: Outcome, verb: str) -> None:
        for order in outcome.done:
            self.log_change(request, order, verb)
        outcome.tell(request, verb)


def _take_back(order: Order, form: StaffReturnForm) -> bool:
    """Run the operation, or say in the form why it refused."""
    try:
        operations.return_items(
            order_number=order.number,
            lines=form.requests(),
            returned_at=timezone.now(),
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except REFUSALS as refusal:
        form.add_error(None, f"Refused: {refusal}.")
        return False
    return True
