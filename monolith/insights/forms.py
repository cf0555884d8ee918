"""Which days, and which product, staff want to know about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from event_contracts.sales_insights import Period
from monolith.catalogue.queries import normal_code

_MOST_DAYS = 3_660


def _day_field(label: str, **attributes: str) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **attributes})
    )


class QuestionForm(forms.Form):
    """A stretch of days that are over (of UTC, both ends included), and one stock code."""

    first_day = _day_field("First day")
    last_day = _day_field("Last day")
    stock_code = forms.CharField(label="Stock code", max_length=32, required=False)

    def clean_stock_code(self) -> str:
        """Write the code as the catalogue does."""
        return normal_code(self.cleaned_data["stock_code"])

    def clean_last_day(self) -> Any:
        """Refuse days that are not over: what is said of them would change."""
        last = self.cleaned_data["last_day"]
        if last >= datetime.now(UTC).date():
            raise forms.ValidationError("This day is not over yet.")
        return last

    def clean(self) -> dict[str, Any]:
        """Make a period of the two days."""
        given = super().clean() or {}
        if "first_day" in given and "last_day" in given:
            until = given["last_day"] + timedelta(days=1)
            if not 0 < (until - given["first_day"]).days <= _MOST_DAYS:
                raise forms.ValidationError(
                    "The first day must come before the last, by ten years at most."
                )
            given["period"] = Period(first_day=given["first_day"], until_day=until)
        return given
