"""What staff fill in to change the catalogue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)


class PoundsField(forms.DecimalField):
    """An amount as people write it, in pounds; what comes out is pence."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "0.01"})
        super().__init__(max_digits=9, decimal_places=2, widget=widget, **options)

    def clean(self, value: Any) -> int:
        """Turn pounds into pence."""
        pounds = super().clean(value)
        return int(pounds * 100) if isinstance(pounds, Decimal) else 0


class NewProductForm(forms.Form):
    """A product to put on sale."""

    stock_code = forms.CharField(max_length=32, widget=UnfoldAdminTextInputWidget)
    description = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
    price_pence = PoundsField(label="Price in £")
    quantity = forms.IntegerField(label="Pieces in stock", widget=UnfoldAdminIntegerFieldWidget)


class PriceForm(forms.Form):
    """A price, from now on."""

    price_pence = PoundsField(label="New price in £")


class StockForm(forms.Form):
    """A correction of the stock."""

    change = forms.IntegerField(
        label="How many more, or fewer with a minus", widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
