"""What a visitor may ask of the catalogue: words, an order, filters, which page."""

from __future__ import annotations

from django import forms

from event_contracts.catalogue_search import (
    LAST_PAGE,
    PRICE_BANDS,
    RELEVANCE,
    CatalogueSearchQuery,
    PriceBand,
)


def band_label(band: PriceBand) -> str:
    """Write a price band as people say it: Under £1, £1 to £2, £10 and more."""
    if band.below_pence is None:
        return f"£{band.from_pence // 100} and more"
    until = f"£{band.below_pence // 100}"
    return f"£{band.from_pence // 100} to {until}" if band.from_pence else f"Under {until}"


class BrowseForm(forms.Form):
    """The search box and its neighbours; whatever makes no sense is as good as not asked."""

    q = forms.CharField(
        label="Search",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "heart, lantern, mug"}),
    )
    sort = forms.ChoiceField(
        label="Sort by",
        required=False,
        choices=[
            ("relevance", "Best match"),
            ("popular", "Most popular"),
            ("name", "Name"),
            ("price_low", "Price, low to high"),
            ("price_high", "Price, high to low"),
            ("newest", "Newest"),
        ],
    )
    available = forms.BooleanField(label="In stock only", required=False)
    price = forms.ChoiceField(
        required=False,
        choices=[(band.name, band_label(band)) for band in PRICE_BANDS],
        widget=forms.HiddenInput,
    )
    country = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)
    page = forms.IntegerField(
        min_value=1, max_value=LAST_PAGE, required=False, widget=forms.HiddenInput
    )

    def asked(self) -> CatalogueSearchQuery:
        """Return the question; what was not usable takes its default."""
        self.is_valid()
        usable = self.cleaned_data
        return CatalogueSearchQuery(
            words=usable.get("q", ""),
            sort=usable.get("sort") or RELEVANCE,
            available_only=usable.get("available", False),
            price_band=usable.get("price") or None,
            popular_in=usable.get("country") or None,
            page=usable.get("page") or 1,
        )
