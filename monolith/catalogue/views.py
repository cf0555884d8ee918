"""Pages of the catalogue: browsing and searching, and one product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from event_contracts.catalogue_search import PRICE_BANDS, CatalogueSearchQuery
from monolith.catalogue import queries
from monolith.catalogue.forms import BrowseForm, band_label
from monolith.catalogue.migration_paths import CATALOGUE_SEARCH
from monolith.strangler import routing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django_htmx.middleware import HtmxDetails

    from event_contracts.catalogue_search import CatalogueSearchPage, FacetCount

_RECENT_PRICES = 12
_BAND_LABELS = {band.name: band_label(band) for band in PRICE_BANDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """One value of a filter; choosing what is chosen already takes the filter away."""

    value: str
    label: str
    count: int
    is_chosen: bool


class _HtmxRequest(HttpRequest):
    htmx: HtmxDetails


@require_safe
def browse(request: _HtmxRequest) -> HttpResponse:
    """Show a page of products, or only the results when HTMX asks for them."""
    form = BrowseForm(request.GET)
    query = form.asked()
    page: CatalogueSearchPage = routing.answer(CATALOGUE_SEARCH, query).value
    only_results = request.htmx and not request.htmx.history_restore_request
    template = "catalogue/results.html" if only_results else "catalogue/browse.html"
    context = {"form": form, "page": page, "cards": queries.cards(page.products)}
    response = render(request, template, {**context, **_filters(query, page)})
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
    query = CatalogueSearchQuery(stock_code=found.stock_code)
    also_bought = routing.answer(CATALOGUE_SEARCH, query).value.also_bought
    context = {
        "product": found,
        "also_bought": queries.list_cards(stock_codes=also_bought),
        **_price_history(found, timezone.now()),
    }
    return render(request, "catalogue/product.html", context)


def _filters(query: CatalogueSearchQuery, page: CatalogueSearchPage) -> dict[str, object]:
    return {
        "price_choices": list(_choices(page.price_bands, query.price_band, _BAND_LABELS)),
        "country_choices": list(_choices(page.countries, query.popular_in, {})),
        "is_filtered": bool(query.price_band or query.popular_in),
    }


def _choices(
    counts: tuple[FacetCount, ...], chosen: str | None, labels: dict[str, str]
) -> Iterator[_Choice]:
    for each in counts:
        if each.count or each.name == chosen:
            yield _Choice(
                value=each.name,
                label=labels.get(each.name, each.name),
                count=each.count,
                is_chosen=each.name == chosen,
            )


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
