"""What people fill in. A reason is kept for ever, so it has to say something."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LENGTHY, _SHORT = 10, 3
_FOR = {"": "until it is lifted", "1": "1 hour", "2": "2 hours", "8": "8 hours", "24": "24 hours"}


def _reason(least: int, label: str = "Reason") -> forms.CharField:
    return forms.CharField(
        label=label,
        min_length=least,
        max_length=2_000,
        help_text=f"At least {least} characters; it is kept in the audit.",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )


class ReasonForm(forms.Form):
    """Why, in a sentence."""

    reason = _reason(_LENGTHY)


class EmergencyForm(forms.Form):
    """Why, in a word: whoever puts out a fire has no time for more."""

    reason = _reason(_SHORT)


class AdvanceForm(ReasonForm):
    """Carrying out a plan: why, for which ticket, from which version; the path's name high up."""

    ticket = forms.CharField(max_length=200, required=False, label="Ticket")
    expected_version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(max_length=80, required=False, label="Name of the path")

    def __init__(self, *args: Any, path: str, must_type_name: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._path = path
        if must_type_name:
            self.fields["name"].required = True
            self.fields["name"].help_text = f"Type {path}: nobody gets up here by accident."
        else:
            del self.fields["name"]

    def clean_name(self) -> str:
        """Compare what was typed."""
        name: str = self.cleaned_data["name"].strip()
        if name != self._path:
            raise ValidationError(f"that is not {self._path}")
        return name


class RollBackForm(EmergencyForm):
    """Going down: how far, and why."""

    to_rung = forms.ChoiceField(label="Down to")
    expected_version = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("to_rung", "reason")

    def __init__(self, *args: Any, rungs: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_rung"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(rung, rung) for rung in rungs]


class PauseForm(EmergencyForm):
    """Holding a path where it is: for how long, and why."""

    hours = forms.ChoiceField(label="For", choices=list(_FOR.items()), required=False, initial="2")
    field_order = ("hours", "reason")

    def length(self) -> timedelta | None:
        """Return for how long, or None for until it is lifted."""
        hours = self.cleaned_data["hours"]
        return timedelta(hours=int(hours)) if hours else None


class ExplainForm(forms.Form):
    """Which read to explain: of whom and along which path, or by the id of its request."""

    path = forms.ChoiceField(label="Path", required=False)
    subject = forms.CharField(label="Customer", max_length=200, required=False)
    request_id = forms.CharField(label="or request id", max_length=64, required=False)

    def __init__(self, *args: Any, paths: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["path"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(path, path) for path in paths]
