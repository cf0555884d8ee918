"""Customers for staff: to look at, and to change through the operations alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from monolith.customers import operations
from monolith.customers.models import Customer
from monolith.customers.queries import find_summary, list_countries
from monolith.staff.operated import OperatedAdmin, Table
from monolith.staff.wording import moment, percent, pounds

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from event_contracts.customer_summary import CustomerSummary, OrderMark

_HEADERS = (
    "Segment",
    "Orders",
    "Cancelled",
    "Lifetime value",
    "Returned",
    "Pieces kept",
    "First order",
    "Last order",
)


def _countries() -> list[tuple[str, str]]:
    return [(country.name, country.name) for country in list_countries()]


class DetailsForm(forms.Form):
    """What staff may change about a customer."""

    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget)
    country = forms.ChoiceField(choices=_countries, widget=UnfoldAdminSelectWidget)


@admin.register(Customer)
class CustomerAdmin(OperatedAdmin):
    """Customers; they come by registering, and stay as long as their orders do."""

    list_display = ("id", "name", "email", "country", "registered_at", "order_count")
    list_display_links = ("id", "name")
    list_select_related = ("country",)
    list_filter = ("country",)
    search_fields = ("=id", "name", "email")
    search_help_text = "a customer's number, or part of a name or e-mail"
    ordering = ("-registered_at", "-id")
    fields = ("id", "name", "email", "country", "registered_at", "user", "order_count")
    readonly_fields = ("order_count",)
    actions_detail = ("change_details",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        """Add how many orders each placed."""
        found: QuerySet[Customer] = super().get_queryset(request)
        return found.annotate(orders_placed=Count("orders")).select_related("country", "user")

    @admin.display(description="orders", ordering="orders_placed")
    def order_count(self, customer: Any) -> SafeString:
        """Show how many orders there are, and lead to them."""
        address = reverse("admin:ordering_order_changelist")
        return format_html(
            '<a class="text-primary-600 underline" href="{}?customer__id__exact={}">{}</a>',
            address,
            customer.pk,
            customer.orders_placed,
        )

    def tables_of(self, row: Customer) -> list[Table]:
        """Show the addresses, and what the customer amounts to."""
        summary = find_summary(customer_id=row.pk, on=timezone.now().date())
        return [*_summary_tables(summary), _address_table(row)]

    @action(  # type: ignore[untyped-decorator]
        description="Change name or country",
        icon="edit",
        permissions=["operate"],
    )
    def change_details(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change what a customer is called or where they live."""
        customer: Customer = self.get_row(request, object_id)
        present = {"name": customer.name, "country": customer.country.name}
        form = DetailsForm(request.POST or None, initial=present)
        if not form.is_valid():
            title = f"Change the details of {customer}"
            return self.ask(request, form, title=title, button="Save", row=customer)
        operations.change_details(
            customer_id=customer.pk, **form.cleaned_data, changed_at=timezone.now()
        )
        self.log_change(request, customer, f"changed: {', '.join(form.changed_data) or 'nothing'}")
        return self.done(request, customer, f"The details of customer {customer.pk} are saved.")


def _summary_tables(summary: CustomerSummary | None) -> list[Table]:
    return [
        {
            "title": "In short",
            "headers": list(_HEADERS),
            "rows": [_in_short(summary)] if summary else [],
            "empty": "Nobody can tell just now.",
        },
        {
            "title": "Favourite products",
            "headers": ["Code", "Description", "Pieces kept"],
            "rows": [
                [each.stock_code, each.description, each.pieces]
                for each in (summary.favourites if summary else ())
            ],
            "empty": "There is none.",
        },
    ]


def _in_short(summary: CustomerSummary) -> list[str | int]:
    return [
        summary.segment,
        summary.order_count,
        summary.cancelled_count,
        pounds(summary.lifetime_pence),
        f"{pounds(summary.returned_pence)} ({percent(summary.returns_basis_points)})",
        summary.pieces,
        _mark(summary.first_order),
        _mark(summary.last_order),
    ]


def _mark(order: OrderMark | None) -> str:
    return f"{order.order_number}, {moment(order.placed_at)}" if order else "none"


def _address_table(customer: Customer) -> Table:
    addresses = customer.addresses.select_related("country").order_by("-is_default", "id")
    return {
        "title": "Addresses",
        "headers": ["Recipient", "Address", "City", "Postcode", "Country", "Default"],
        "rows": [
            [
                row.recipient,
                ", ".join(filter(None, (row.line1, row.line2))),
                row.city,
                row.postcode,
                row.country.name,
                "yes" if row.is_default else "",
            ]
            for row in addresses
        ],
        "empty": "No address is known.",
    }
