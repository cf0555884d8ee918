"""What staff fill in about orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from monolith.ordering.forms import ReturnForm

if TYPE_CHECKING:
    from monolith.ordering.queries import OrderDetail


class DispatchForm(forms.Form):
    """Nothing but the button."""


class ReasonForm(forms.Form):
    """Why orders are called off; it is kept with them."""

    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)


class StaffReturnForm(ReturnForm):
    """What a customer sent back, in the look of these pages."""

    def __init__(self, order: OrderDetail, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.IntegerField):
                widget = UnfoldAdminIntegerFieldWidget()
                field.widget = UnfoldAdminIntegerFieldWidget(field.widget_attrs(widget))
