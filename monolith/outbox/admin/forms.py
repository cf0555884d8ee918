"""What an operator fills in."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from monolith.outbox.destinations import queue_urls


class RetryForm(forms.Form):
    """Nothing but the button."""


class SkipForm(forms.Form):
    """Why an event is given up; it is kept with the event."""

    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget)


class ReplayForm(forms.Form):
    """Which consumer gets the events once more."""

    queue = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queue = self.fields["queue"]
        assert isinstance(queue, forms.ChoiceField)  # noqa: S101 - for the type checker
        queue.choices = [("", "choose a queue"), *((name, name) for name in sorted(queue_urls()))]
