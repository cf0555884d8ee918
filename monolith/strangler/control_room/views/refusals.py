"""What people are told when an operation refuses, and when somebody else was quicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler import operations
from monolith.strangler.control_room import formatting, rendering
from monolith.strangler.control_room.timeline import told
from monolith.strangler.deciding import ladder
from monolith.strangler.models import Transition

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

REFUSALS = (
    operations.AdvanceRefused,
    operations.NothingToRollBack,
    operations.PathFrozen,
    operations.ReasonMissing,
    ladder.UnknownRung,
)
_CONFLICT = 409


def add_refusal(form: forms.Form, refused: Exception) -> None:
    """Write a refusal over the form that led to it."""
    form.add_error(None, str(refused))


def state_changed(
    request: HttpRequest, path: str, expected: int, changed: operations.StateChanged
) -> HttpResponse:
    """Answer 409, and tell who changed what meanwhile."""
    now = timezone.now()
    since = Transition.objects.filter(path=path, version__gt=expected).order_by("version")
    changes = [
        {
            "what": f"{change.kind}: {told(change)}",
            "who": change.actor,
            "why": change.reason,
            "age": formatting.age_of(change.at, now),
            "version": change.version,
        }
        for change in since
    ]
    context = {"path": path, "expected": expected, "said": str(changed), "changes": changes}
    return rendering.page(request, "changed", context, status=_CONFLICT)
