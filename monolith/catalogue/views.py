"""Pages of the catalogue: browsing and searching, and one product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from monolith.catalogue import queries
from monolith.catalogue.forms import BrowseForm

if TYPE_CHECKING:
    from datetime import datetime

    from django_htmx.middleware import HtmxDetails

_RECENT_PRICES = 12


class _HtmxRequest(HttpRequest):
    htmx: HtmxDetails


@require_safe
def browse(request: _HtmxRequest) -> HttpResponse:
    """Show a page of products, or only the results when HTMX asks for them."""
    form = BrowseForm(request.GET)
    page = queries.list_products(**form.asked())
    only_results = request.htmx and not request.htmx.history_restore_request
    template = "catalogue/results.html" if only_results else "catalogue/browse.html"
    response = render(request, template, {"form": form, "page": page})
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def product(request: HttpRequest, stock_code: str) -> HttpResponse:
    """Show one product with the prices it had until now."""
    try:
        found = queries.get_product_detail(stock_code=stock_code)
    except queries.ProductNotFound as error:
        raise Http404(str(error)) from error
    if found.stock_code != stock_code:
        return redirect("catalogue:product", found.stock_code, permanent=True)
    context = {"product": found, **_price_history(found, timezone.now())}
    return render(request, "catalogue/product.html", context)


def _price_history(found: queries.ProductDetail, now: datetime) -> dict[str, object]:
    """Describe the prices so far; those still to come are nobody's business yet."""
    prices = [price for price in found.prices if price.effective_from <= now]
    amounts = [price.amount_pence for price in prices]
    first, last = prices[-1].effective_from, prices[0].effective_from
    return {
        # The picture ends soon after the last change: a long calm would squeeze the rest.
        "until": min(now, last + (last - first) / 5),
        "prices": prices,
        "recent": prices[:_RECENT_PRICES],
        "since": first,
        "lowest": min(amounts),
        "highest": max(amounts),
    }
