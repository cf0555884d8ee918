"""Customers for staff: to look at, and to change through the operations alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from monolith.customers import operations
from monolith.customers.models import Address, Customer
from monolith.customers.queries import list_countries

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


def _countries() -> list[tuple[str, str]]:
    return [(country.name, country.name) for country in list_countries()]


class DetailsForm(forms.Form):
    """What staff may change about a customer."""

    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget)
    country = forms.ChoiceField(choices=_countries, widget=UnfoldAdminSelectWidget)


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):  # type: ignore[misc] # unfold has no types
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
    change_form_outer_after_template = "staff/tables.html"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        """Add how many orders each placed."""
        found: QuerySet[Customer] = super().get_queryset(request)
        return found.annotate(orders_placed=Count("orders")).select_related("country", "user")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody: customers register themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Keep the form read-only; the button leads to the operation."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Let those look who may look or change."""
        return any(
            request.user.has_perm(f"customers.{verb}_customer") for verb in ("view", "change")
        )

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Tell who may run operations."""
        return request.user.has_perm("customers.change_customer")

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

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a customer with their addresses."""
        context = {**(extra_context or {}), "tables": [_address_table(object_id)]}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    @action(  # type: ignore[untyped-decorator]
        description="Change name or country",
        icon="edit",
        permissions=["operate"],
    )
    def change_details(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change what a customer is called or where they live."""
        customer: Customer | None = self.get_object(request, object_id)
        if customer is None:
            raise Http404(f"no customer {object_id}")
        present = {"name": customer.name, "country": customer.country.name}
        form = DetailsForm(request.POST or None, initial=present)
        if not form.is_valid():
            return self._form(request, form, customer)
        operations.change_details(
            customer_id=customer.pk, **form.cleaned_data, changed_at=timezone.now()
        )
        self.log_change(request, customer, f"changed: {', '.join(form.changed_data) or 'nothing'}")
        messages.success(request, f"The details of customer {customer.pk} are saved.")
        return redirect(_page_of(customer))

    def _form(self, request: HttpRequest, form: DetailsForm, customer: Customer) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Change the details of {customer}",
            "form": form,
            "button": "Save",
            "back": _page_of(customer),
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/operation.html", context)


def _address_table(customer_id: str) -> dict[str, Any]:
    known = Address.objects.select_related("country").order_by("-is_default", "id")
    addresses = (
        known.filter(customer_id=int(customer_id)) if customer_id.isdecimal() else known.none()
    )
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


def _page_of(customer: Customer) -> str:
    return reverse("admin:customers_customer_change", args=[customer.pk])
