"""Products for staff: to look at, and to change through the operations alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now
from django.utils import timezone
from unfold.decorators import action

from monolith.catalogue import operations
from monolith.catalogue.admin.forms import NewProductForm, PriceForm, StockForm
from monolith.catalogue.models import Price, Product
from monolith.staff.operated import OperatedAdmin, Table
from monolith.staff.wording import moment, pounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

_REFUSALS = (
    operations.InvalidPrice,
    operations.PriceUnchanged,
    operations.InvalidStockCode,
    operations.ProductAlreadyListed,
    operations.ProductNotFound,
    operations.StockWouldBeNegative,
)


@admin.register(Product)
class ProductAdmin(OperatedAdmin):
    """Products; nothing is ever deleted, since orders speak of them."""

    list_display = ("stock_code", "description", "price", "pieces", "withdrawn_at")
    list_select_related = ("stock",)
    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter),)
    search_fields = ("stock_code", "description")
    ordering = ("stock_code",)
    fields = ("stock_code", "description", "price", "pieces", "listed_at", "withdrawn_at")
    readonly_fields = ("price", "pieces")
    actions_detail = ("change_price", "correct_stock")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Add the present price."""
        prices = Price.objects.filter(product=OuterRef("pk"), effective_from__lte=Now())
        price = Subquery(prices.order_by("-effective_from").values("amount_pence")[:1])
        found: QuerySet[Product] = super().get_queryset(request)
        return found.annotate(price_pence=price).select_related("stock").defer("search")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those put products on sale who may."""
        return request.user.has_perm("catalogue.add_product")

    @admin.display(description="price", ordering="price_pence")
    def price(self, product: Any) -> str:
        """Show the present price."""
        return "none yet" if product.price_pence is None else pounds(product.price_pence)

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
            return self.ask(request, form, title="Put a product on sale", button="Put on sale")
        self.log_addition(request, product, "put on sale")
        return self.done(request, product, f"{product.stock_code} is on sale.")

    def tables_of(self, row: Product) -> list[Table]:
        """Show the prices it had."""
        return [_price_table(row)]

    @action(description="Change the price", icon="sell", permissions=["operate"])  # type: ignore[untyped-decorator]
    def change_price(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give a product another price from now on."""
        product, form = self.get_row(request, object_id), PriceForm(request.POST or None)
        price = _attempt(
            form,
            lambda given: operations.change_price(
                stock_code=product.stock_code, **given, effective_at=timezone.now()
            ),
        )
        if price is None:
            title = f"Change the price of {product}"
            return self.ask(request, form, title=title, button="Change", row=product)
        said = f"{product.stock_code} costs {pounds(price.amount_pence)} now."
        self.log_change(request, product, said)
        return self.done(request, product, said)

    @action(  # type: ignore[untyped-decorator]
        description="Correct the stock", icon="inventory", permissions=["operate"]
    )
    def correct_stock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Correct how many pieces there are, and say why."""
        product, form = self.get_row(request, object_id), StockForm(request.POST or None)
        quantity = _attempt(
            form,
            lambda given: operations.adjust_stock(
                stock_code=product.stock_code, **given, adjusted_at=timezone.now()
            ),
        )
        if quantity is None:
            title = f"Correct the stock of {product}"
            return self.ask(request, form, title=title, button="Correct", row=product)
        said = f"There are {quantity} of {product.stock_code} now."
        self.log_change(request, product, f"{said} Reason: {form.cleaned_data['reason']}")
        return self.done(request, product, said)


def _attempt(form: Form, operation: Callable[[dict[str, Any]], Any]) -> Any:
    """Run an operation on what a form holds; None if it was not filled in well or refused."""
    if not form.is_valid():
        return None
    try:
        return operation(form.cleaned_data)
    except _REFUSALS as refusal:
        form.add_error(None, f"Refused: {refusal}.")
        return None


def _price_table(product: Product) -> Table:
    newest_first = product.prices.order_by("-effective_from")
    return {
        "title": "Prices",
        "headers": ["From", "Price"],
        "rows": [
            [
                moment(price.effective_from),
                pounds(price.amount_pence),
            ]
            for price in newest_first
        ],
        "empty": "It never had a price.",
    }
