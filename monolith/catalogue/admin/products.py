"""Products for staff: to look at, and to change through the operations alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from monolith.catalogue import operations
from monolith.catalogue.admin.forms import NewProductForm, PriceForm, StockForm
from monolith.catalogue.models import Price, Product

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

_REFUSALS = (
    operations.InvalidPrice,
    operations.PriceUnchanged,
    operations.ProductAlreadyListed,
    operations.ProductNotFound,
    operations.StockWouldBeNegative,
)


@admin.register(Product)
class ProductAdmin(ModelAdmin):  # type: ignore[misc] # unfold has no types
    """Products; nothing is ever deleted, since orders speak of them."""

    list_display = ("stock_code", "description", "price", "pieces", "withdrawn_at")
    list_select_related = ("stock",)
    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter),)
    search_fields = ("stock_code", "description")
    ordering = ("stock_code",)
    fields = ("stock_code", "description", "price", "pieces", "listed_at", "withdrawn_at")
    readonly_fields = ("price", "pieces")
    actions_detail = ("change_price", "correct_stock")
    change_form_outer_after_template = "staff/tables.html"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Add the present price."""
        prices = Price.objects.filter(product=OuterRef("pk"), effective_from__lte=Now())
        price = Subquery(prices.order_by("-effective_from").values("amount_pence")[:1])
        found: QuerySet[Product] = super().get_queryset(request)
        return found.annotate(price_pence=price).select_related("stock").defer("search")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Keep the form read-only; the buttons lead to the operations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Let those look who may look or change."""
        return any(
            request.user.has_perm(f"catalogue.{verb}_product") for verb in ("view", "change")
        )

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Tell who may run operations."""
        return request.user.has_perm("catalogue.change_product")

    @admin.display(description="price", ordering="price_pence")
    def price(self, product: Any) -> str:
        """Show the present price."""
        return "none yet" if product.price_pence is None else _pounds(product.price_pence)

    @admin.display(description="in stock", ordering="stock__quantity")
    def pieces(self, product: Product) -> int:
        """Show what lies on the shelf."""
        return product.stock.quantity

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Put a product on sale."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewProductForm(request.POST or None)
        product = _attempt(
            form, lambda given: operations.list_product(**given, listed_at=timezone.now())
        )
        if product is None:
            return self._form(request, form, title="Put a product on sale", button="Put on sale")
        self.log_addition(request, product, "put on sale")
        return self._done(request, product, f"{product.stock_code} is on sale.")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a product with the prices it had."""
        context = {**(extra_context or {}), "tables": [_price_table(object_id)]}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    @action(description="Change the price", icon="sell", permissions=["operate"])  # type: ignore[untyped-decorator]
    def change_price(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give a product another price from now on."""
        product, form = self._get(request, object_id), PriceForm(request.POST or None)
        price = _attempt(
            form,
            lambda given: operations.change_price(
                stock_code=product.stock_code, **given, effective_at=timezone.now()
            ),
        )
        if price is None:
            title = f"Change the price of {product}"
            return self._form(request, form, title=title, button="Change", product=product)
        said = f"{product.stock_code} costs {_pounds(price.amount_pence)} now."
        self.log_change(request, product, said)
        return self._done(request, product, said)

    @action(  # type: ignore[untyped-decorator]
        description="Correct the stock", icon="inventory", permissions=["operate"]
    )
    def correct_stock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Correct how many pieces there are, and say why."""
        product, form = self._get(request, object_id), StockForm(request.POST or None)
        quantity = _attempt(
            form,
            lambda given: operations.adjust_stock(
                stock_code=product.stock_code, **given, adjusted_at=timezone.now()
            ),
        )
        if quantity is None:
            title = f"Correct the stock of {product}"
            return self._form(request, form, title=title, button="Correct", product=product)
        said = f"There are {quantity} of {product.stock_code} now."
        self.log_change(request, product, f"{said} Reason: {form.cleaned_data['reason']}")
        return self._done(request, product, said)

    def _get(self, request: HttpRequest, object_id: str) -> Product:
        product: Product | None = self.get_object(request, object_id)
        if product is None:
            raise Http404(f"no product {object_id}")
        return product

    def _form(
        self,
        request: HttpRequest,
        form: Form,
        *,
        title: str,
        button: str,
        product: Product | None = None,
    ) -> HttpResponse:
        back = _address(product) if product else reverse("admin:catalogue_product_changelist")
        context = {"form": form, "title": title, "button": button, "back": back, "opts": self.opts}
        context = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "staff/operation.html", context)

    def _done(self, request: HttpRequest, product: Product, said: str) -> HttpResponse:
        messages.success(request, said)
        return redirect(_address(product))


def _attempt(form: Form, operation: Callable[[dict[str, Any]], Any]) -> Any:
    """Run an operation on what a form holds; None if it was not filled in well or refused."""
    if not form.is_valid():
        return None
    try:
        return operation(form.cleaned_data)
    except _REFUSALS as refusal:
        form.add_error(None, f"Refused: {refusal}.")
        return None


def _price_table(product_id: str) -> dict[str, Any]:
    prices = Price.objects.filter(product_id=int(product_id)) if product_id.isdecimal() else []
    newest_first = sorted(prices, key=lambda price: price.effective_from, reverse=True)
    return {
        "title": "Prices",
        "headers": ["From", "Price"],
        "rows": [
            [
                timezone.localtime(price.effective_from).strftime("%d %b %Y %H:%M"),
                _pounds(price.amount_pence),
            ]
            for price in newest_first
        ],
        "empty": "It never had a price.",
    }


def _address(product: Product) -> str:
    return reverse("admin:catalogue_product_change", args=[product.pk])


def _pounds(pence: int) -> str:
    return f"£{pence / 100:,.2f}"
