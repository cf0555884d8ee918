"""What people fill in. A reason is kept for ever, so it has to say something."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from monolith.strangler.backfill.knobs import KNOBS, BadKnob, read_value, write_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monolith.strangler.backfill.knobs import Knobs

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


class KnobsForm(EmergencyForm):
    """How the knobs of a backfill are to stand, whether it is to wait, and why."""

    state = forms.ChoiceField(
        label="And it",
        choices=[("", "goes on as it does"), ("pause", "waits"), ("resume", "goes on")],
        required=False,
    )

    def __init__(self, *args: Any, knobs: Knobs, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stand = {name: write_value(knobs, name) for name in KNOBS}
        for name, knob in KNOBS.items():
            self.fields[name] = forms.CharField(
                label=name, initial=self._stand[name], max_length=20, help_text=knob.says
            )
        self.order_fields([*KNOBS, "state", "reason"])

    def turned(self) -> dict[str, str]:
        """Return the knobs that are to stand otherwise than they do."""
        given = self.cleaned_data
        return {name: given[name] for name, stands in self._stand.items() if given[name] != stands}

    def clean(self) -> dict[str, Any]:
        """Read every knob, and insist that something is asked for."""
        for name in KNOBS:
            try:
                read_value(name, self.cleaned_data.get(name, self._stand[name]))
            except BadKnob as bad:
                self.add_error(name, str(bad))
        if not self.errors and not (self.turned() or self.cleaned_data["state"]):
            raise ValidationError("everything stands as it did: nothing to do")
        return self.cleaned_data


class ExplanationForm(ReasonForm):
    """What a kind of disagreement comes from, and who sees to it."""

    reason = _reason(_LENGTHY, "What it comes from")
    owner = forms.CharField(label="Who sees to it", max_length=150)
