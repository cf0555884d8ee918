"""What a visitor may ask of the catalogue: words, an order, only what is there, which page."""

from __future__ import annotations

from typing import Any

from django import forms

_LAST_PAGE = 100_000


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
            ("name", "Name"),
            ("price_low", "Price, low to high"),
            ("price_high", "Price, high to low"),
            ("newest", "Newest"),
        ],
    )
    available = forms.BooleanField(label="In stock only", required=False)
    page = forms.IntegerField(
        min_value=1, max_value=_LAST_PAGE, required=False, widget=forms.HiddenInput
    )

    def asked(self) -> dict[str, Any]:
        """Return the arguments of `list_products`; what was not usable takes its default."""
        self.is_valid()
        usable = self.cleaned_data
        return {
            "search": usable.get("q", ""),
            "sort": usable.get("sort") or "relevance",
            "available_only": usable.get("available", False),
            "page": usable.get("page") or 1,
        }
